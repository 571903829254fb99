"""Hold `iamsim validate` against answers of AWS's ValidatePolicy that somebody recorded.

    python scripts/compare_validation.py FOLDER [--show CODE]

FOLDER is a checkout with a folder ``policies`` (a file for each managed policy, as GetPolicyVersion
prints it) and a folder ``findings`` (``NAME.json``: the list of findings, for those that have any).
The public repository zoph-io/MAMIP is one; its data is under GPL-3.0, so nothing of it is shipped.
Prints how many policies have the same set of codes, the agreement code by code, and how many
places are the same; with `--show` each policy in which one code differs. Exits with 1 where fewer
policies than 98 % have the same codes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamsim.checks.validate import Validator
from iamsim.report.findings_data import finding_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

Finding = dict[str, Any]
OURS = "IAMSIM_"
LEAST = 0.98  # of the policies, with the same set of codes
LONGEST_ASKED = 50_000  # AWS refuses to validate longer ones, so that they have no answer


def recorded(folder: Path) -> Iterator[tuple[str, str, list[Finding]]]:
    """Every policy by name: its document as one line, and what AWS found in it.

    Policies that AWS has retired were not asked about; an empty file is a policy that was not read.
    """
    retired = json.loads((folder / "DEPRECATED.json").read_text("utf-8"))
    for path in sorted((folder / "policies").iterdir()):
        if path.name in retired or not path.stat().st_size:
            continue
        document = json.loads(path.read_text("utf-8"))["PolicyVersion"]["Document"]
        text = json.dumps(document)
        answer = folder / "findings" / f"{path.name}.json"
        if len(text) > LONGEST_ASKED and not answer.is_file():
            continue
        findings = json.loads(answer.read_text("utf-8")) if answer.is_file() else []
        yield path.name, text, findings


def key(finding: Finding) -> tuple[str, str]:
    """What two findings must share: their type and code."""
    return finding["findingType"], finding["issueCode"]


def places(findings: list[Finding], code: tuple[str, str]) -> set[str]:
    """Where the findings of a code point to."""
    return {
        json.dumps(location["path"], sort_keys=True)
        for finding in findings
        if key(finding) == code
        for location in finding["locations"]
    }


def main() -> int:
    """Compare, and print the tables."""
    parser = argparse.ArgumentParser(description="Compare with recorded ValidatePolicy answers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", metavar="CODE", help="print where one code differs")
    arguments = parser.parse_args()
    validator = Validator()
    alike = policies = 0
    both: Counter[tuple[str, str]] = Counter()
    only: dict[str, Counter[tuple[str, str]]] = {"AWS": Counter(), "iamsim": Counter()}
    same_place: Counter[tuple[str, str]] = Counter()
    differing: dict[str, list[str]] = defaultdict(list)
    for name, text, theirs in recorded(arguments.folder):
        policies += 1
        ours = [finding_to_dict(finding) for finding in validator.validate_text(text, name)]
        mine = {key(entry) for entry in ours if not key(entry)[1].startswith(OURS)}
        aws = {key(entry) for entry in theirs}
        alike += mine == aws
        for code in mine & aws:
            both[code] += 1
            same_place[code] += places(ours, code) == places(theirs, code)
        for who, codes in (("AWS", aws - mine), ("iamsim", mine - aws)):
            only[who].update(codes)
            for code in codes:
                differing[code[1]].append(f"{who} only: {name}")
    if arguments.show:
        print(*differing[arguments.show], sep="\n")
        return 0
    print(f"{alike} of {policies} policies with the same set of codes: {alike / policies:.1%}\n")
    print("| finding type | code | both | AWS only | iamsim only | same places |")
    print("|---|---|---:|---:|---:|---:|")
    for code in sorted({*both, *only["AWS"], *only["iamsim"]}):
        counts = (both[code], only["AWS"][code], only["iamsim"][code], same_place[code])
        print(f"| {code[0]} | `{code[1]}` | {' | '.join(map(str, counts))} |")
    return int(alike < LEAST * policies)


if __name__ == "__main__":
    sys.exit(main())
