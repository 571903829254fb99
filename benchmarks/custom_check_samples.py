"""Compare the checks with the labels of AWS's sample policies for CheckNoNewAccess.

Usage: ``python benchmarks/custom_check_samples.py FOLDER``, a copy of
https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples. Each page there has
a reference policy and candidates with PASS or FAIL; nothing of it is kept here.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from iamsim.compile.policy import CompiledPolicy, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.proofs.documents import check_no_new_access
from iamsim.syntax.read import parse_policy

BLOCK = re.compile(
    r"^(?:#+ (?P<title>.*?)\s*$)|```(?:json)?\s*\n(?P<text>.*?)```", re.DOTALL | re.MULTILINE
)
LABEL = re.compile(r"\b(PASS|FAIL)\b")
PLACEHOLDERS = {"<ACCOUNT ID>": "111111111111", "<ACCOUNT_ID>": "111111111111"}


def main(folder: Path) -> int:
    """Compare every candidate; print those that differ, and the counts."""
    alike = asked = 0
    for page in sorted(folder.rglob("*.md")):
        reference: CompiledPolicy | None = None
        title = ""
        for match in BLOCK.finditer(page.read_text()):
            if match["title"] is not None:
                title = match["title"]
                continue
            policy = read(match["text"], page)
            label = LABEL.search(title)
            if policy is None:
                continue
            if label is None:
                reference = reference or policy
                continue
            if reference is None:
                continue
            asked += 1
            trust = "trust" in str(page)
            found = check_no_new_access(reference, policy, trust=trust)
            if found.result == label[1]:
                alike += 1
            else:
                print(f"{page.relative_to(folder)}: {title}\n  AWS {label[1]}, here {found.result}")
                print(f"  {found.witness or found.why_unknown}")
    print(f"{alike} of {asked} alike")
    return 0 if alike == asked else 1


def read(text: str, page: Path) -> CompiledPolicy | None:
    """Read one block of a page; `None` for what is no policy."""
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as fault:
        print(f"{page.name}: not JSON ({fault}): {text[:80]!r}")
        return None
    if "Statement" not in document:
        return None
    policy_type = PolicyType.IDENTITY
    if "resource-policies" in str(page):
        policy_type = PolicyType.TRUST if "trust" in str(page) else PolicyType.RESOURCE
    try:
        return compile_policy(parse_policy(document, name=page.stem), policy_type)
    except PolicyError as fault:
        print(f"{page.name}: {fault}")
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
