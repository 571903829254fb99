"""Look for a case on which package and oracle disagree, and keep it in ``corpus/found/``.

python -m tests.property.found [CASES]
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from tests.property.rarities import rare_cases
from tests.property.sent import sent_cases
from tests.property.test_against_oracle import agree
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Case = tuple[dict[str, Any] | None, dict[str, Any]]

FOUND = Path(__file__).parent.parent.parent / "corpus" / "found"
DEFAULT_CASES = 10_000


def disagree(case: Case) -> bool:
    """Say whether the two come to different decisions."""
    try:
        agree(*case)
    except AssertionError:
        return True
    return False


def save(case: Case) -> Path:
    """Write a case as a scenario file (JSON is YAML), named by its content."""
    world, request = case
    scenario: dict[str, Any] = {
        "title": "Found by hypothesis",
        "see": [],
        "requests": [{"name": "found", **request}],
    }
    if world is not None:
        scenario["world"] = world
    text = json.dumps(scenario, indent=2) + "\n"
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def main() -> int:
    """Look through all kinds of cases; give 1 when something was found."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_CASES
    strategies: list[SearchStrategy[Case]] = [
        cases(),
        cases(overlays=True),
        rare_cases(),
        standalone_cases().map(lambda request: (None, request)),
        sent_cases(),
    ]
    chosen = settings(
        max_examples=number, database=None, phases=(Phase.generate, Phase.shrink), deadline=None
    )
    status = 0
    for strategy in strategies:
        try:
            case = find(strategy, disagree, settings=chosen)
        except NoSuchExample:
            print(f"no disagreement in {number} cases")
            continue
        print(f"found: {save(case)}; add `expect:` (what AWS does) and `see:`, then mend the code")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
