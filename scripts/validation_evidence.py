"""Count what `iamsim validate` finds in AWS's managed policies, for validation-evidence.md.

    python scripts/validation_evidence.py [--check] [--show CODE]

Writes the counts and the list of all errors between the marks of
docs/explanation/validation-evidence.md. With `--check` nothing is written, and the exit code is 1
where the page is not current; with `--show` the findings of one code are printed, to be judged.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.catalog import managed, version
from iamsim.checks.codes import FindingType
from iamsim.checks.validate import Validator
from iamsim.report.findings import type_word

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "validation-evidence.md"
BEGIN, END = "<!-- begin: scripts/validation_evidence.py -->\n", "<!-- end -->\n"


def findings() -> list[tuple[str, Finding]]:
    """Check every managed policy with the checks that are on by default, each as what it is."""
    validator = Validator()
    found = []
    for arn in managed.arns():
        policy = managed.find_managed_policy(arn)
        text = policy.document_text if policy is not None else ""
        name = arn.rpartition("/")[2]
        found += [(name, entry) for entry in validator.validate_text(text, name)]
    return found


def written(found: list[tuple[str, Finding]]) -> str:
    """Write the counts and the errors."""
    counts = Counter((finding.finding_type, finding.code) for _, finding in found)
    facts = version()
    concerned = len({name for name, _ in found})
    counted = f"{len(managed.arns()):,} policies, service reference of {facts.snapshot}"
    lines = [
        f"{counted}: {len(found):,} findings in {concerned:,} policies.\n",
        "| finding type | code | findings |",
        "|---|---|---:|",
    ]
    order = sorted(counts.items(), key=lambda one: (one[0][0].rank, -one[1], one[0][1]))
    lines += [f"| {type_word(kind)} | `{code}` | {count} |" for (kind, code), count in order]
    lines += ["", "Every error, and the policies that have it:", ""]
    lines += ["| code | finding | policies |", "|---|---|---|"]
    errors: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, finding in found:
        if finding.finding_type is FindingType.ERROR:
            errors[
                finding.code, f"{finding.message}: `{finding.spans[0].text.strip(chr(34))}`"
            ].append(name)
    lines += [
        f"| `{code}` | {message} | {', '.join(sorted(set(names)))} |"
        for (code, message), names in sorted(errors.items())
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page, or show findings."""
    parser = argparse.ArgumentParser(description="Count findings in AWS's managed policies.")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is stale")
    parser.add_argument("--show", metavar="CODE", help="print the findings of one code")
    arguments = parser.parse_args()
    found = findings()
    if arguments.show:
        for name, finding in found:
            if finding.code == arguments.show:
                kind = type_word(finding.finding_type)
                print(f"{name}:{finding.spans[0].place}: {kind}: {finding.details}")
        return 0
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = before + BEGIN + "\n" + written(found) + "\n" + END + after
    if new == text:
        return 0
    if arguments.check:
        print(f"{PAGE.name} is not current: run python scripts/validation_evidence.py")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
