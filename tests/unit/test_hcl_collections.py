"""Public collections of HCL, read without terraform: what they declare is there, or said.

`IAMSIM_HCL` names folders with checkouts, with `:` between them; nothing of them is kept here. What
was found in November 2026 stands in docs/explanation/terraform-evidence.md.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions
from iamsim.importers.terraform.hcl.roots import open_roots
from iamsim.syntax.hcl.file import read_hcl

FOLDERS = [path for path in os.environ.get("IAMSIM_HCL", "").split(":") if path]
KINDS = (
    "aws_iam_user",
    "aws_iam_group",
    "aws_iam_role",
    "aws_iam_policy",
    "aws_iam_user_policy",
    "aws_iam_group_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy_attachment",
    "aws_iam_group_policy_attachment",
    "aws_iam_role_policy_attachment",
)
_declared = re.compile(r'^resource +"(\w+)" +"([\w-]+)"', re.MULTILINE).finditer
pytestmark = [
    pytest.mark.skipif(not FOLDERS, reason="IAMSIM_HCL names no folder with a collection"),
    pytest.mark.parametrize("folder", FOLDERS or ["-"], ids=lambda path: Path(path).name),
]


def declared(folder: str) -> Counter[tuple[str, str, str]]:
    """The blocks that the text of all files has, found without our reader."""
    found: Counter[tuple[str, str, str]] = Counter()
    for path in sorted(Path(folder).rglob("*.tf")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            for match in _declared(path.read_text()):
                if match.group(1) in KINDS:
                    found[path.as_posix(), match.group(1), match.group(2)] += 1
    return found


def test_every_declared_principal_and_policy_is_made_or_its_number_is_known_to_be_none(folder):
    """Each block that stands in the text has instances, unless the configuration makes none."""
    files = {
        path.as_posix(): read_hcl(path.as_posix(), path.read_text())
        for path in sorted(Path(folder).rglob("*.tf"))
    }
    made: set[tuple[str, str, str]] = set()
    none: set[tuple[str, str, str]] = set()
    for root in open_roots(files, (), SourceOptions()):
        for module in root.configured.root.all_modules():
            for key, block in module.files.resources.items():
                mode, kind, name = key
                if mode == "managed" and kind in KINDS:
                    where = (block.span.source.name, kind, name)
                    (made if module.instances_of(key) else none).add(where)
    wanted = set(declared(folder))
    assert wanted <= made | none
    print(Path(folder).name, len(wanted), "blocks,", len(wanted - made), "made in no number")


def test_the_world_has_as_many_as_the_configuration_makes(folder):
    """One principal for each name, one trust policy for each role."""
    imported = import_sources([folder], options=SourceOptions(account="111122223333"))
    files = {
        path.as_posix(): read_hcl(path.as_posix(), path.read_text())
        for path in sorted(Path(folder).rglob("*.tf"))
    }
    names: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for root in open_roots(files, (), SourceOptions(account="111122223333")):
        for instance in root.instances.values():
            if instance.type in KINDS[:4] and instance.address.mode == "managed":
                names[instance.type].add(root.plan.name(instance))
    account = imported.data["accounts"]["111122223333"]
    for kind, field in zip(KINDS[:4], ("users", "groups", "roles", "policies"), strict=True):
        assert names[kind] <= set(account.get(field, {})), kind
    trusted = [name for name in names["aws_iam_role"] if "trust" in account["roles"][name]]
    assert len(trusted) == len(names["aws_iam_role"])
    remarks = Counter(remark.code for remark in imported.remarks)
    counts = {kind: len(found) for kind, found in names.items() if found}
    print(Path(folder).name, counts, dict(remarks))
