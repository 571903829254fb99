"""Build the packed AWS managed policies from a pinned registry package.

    python scripts/build_managed.py [--wheels FOLDER] [--output FILE]

moto ships every policy of IAM with its document, path, default version and dates, as one text of
JSON in a module, which is read here without running it. A wheel that FOLDER doesn't hold is
downloaded with pip. The same wheel gives the same bytes.
"""

from __future__ import annotations

import argparse
import ast
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from build_catalog import DATA, MOTO, fetch_wheel

from iamsim.catalog.managed import POLICIES
from iamsim.catalog.pack import write_pack

BLOCK_SIZE = 256 * 1024
"""Documents are packed together up to this many characters: larger is smaller, and slower."""

# The order in which people write the members of a document, and of a statement.
MEMBERS = (
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)

DOCUMENTED = "written from documentation"
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
ORGANIZATIONS = {
    ("policy/service_control_policy/p-FullAWSAccess", "FullAWSAccess"): {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    ("policy/resource_control_policy/p-RCPFullAWSAccess", "RCPFullAWSAccess"): {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    },
}


def read_policies(wheel: Path) -> dict[str, dict[str, Any]]:
    """Read moto's table of policies by name."""
    with zipfile.ZipFile(wheel) as archive:
        module = ast.parse(archive.read("moto/iam/aws_managed_policies.py"))
    for node in module.body:
        match node:
            case ast.Assign(value=ast.Constant(value=str(text))):
                return dict(json.loads(text))
    raise ValueError("no text of policies in moto's module")


def ordered(node: object) -> object:
    """Put the members of documents and statements into the order of `MEMBERS`."""
    if isinstance(node, list):
        return [ordered(item) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) <= set(MEMBERS):
        return {member: ordered(node[member]) for member in MEMBERS if member in node}
    return node


def rows_and_documents(wheel: Path) -> list[tuple[list[str], str]]:
    """Give each policy's columns, without the last three, and its document as text."""
    found = []
    source = " ".join(MOTO)
    for name, policy in read_policies(wheel).items():
        columns = ["iam", f"policy{policy['Path']}{name}", name, policy["DefaultVersionId"]]
        columns += [policy["CreateDate"], policy["UpdateDate"], source]
        found.append((columns, document_text(policy["Document"])))
    for (resource, name), document in ORGANIZATIONS.items():
        columns = ["organizations", resource, name, "", "", "", DOCUMENTED]
        found.append((columns, document_text(document)))
    # Policies of service-linked roles are rarely asked for: they stand in blocks of their own.
    return sorted(found, key=lambda item: ("/aws-service-role/" in item[0][1], item[0][2].lower()))


def document_text(document: object) -> str:
    """Write a document over several lines."""
    return json.dumps(ordered(document), indent=2, ensure_ascii=False)


def build(wheel: Path, output: Path) -> None:
    """Write the pack."""
    policies = rows_and_documents(wheel)
    blocks = [""]
    lines = []
    for columns, text in policies:
        if blocks[-1] and len(blocks[-1]) + len(text) > BLOCK_SIZE:
            blocks.append("")
        place = [str(len(blocks) - 1), str(len(blocks[-1])), str(len(text))]
        blocks[-1] += text
        lines.append("\t".join(columns + place))
    newest = max(columns[5] for columns, _ in policies)[:10]
    header = "\t".join(("managed-policies", *MOTO, newest, str(len(policies))))
    blobs = [(POLICIES, "", "\n" + "\n".join(lines) + "\n")]
    blobs += [(str(number), "", block) for number, block in enumerate(blocks)]
    size = write_pack(output, header, blobs)
    print(f"{output.name}: {size:,} bytes, {len(policies)} policies, {len(blocks)} blocks")


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description="Build the packed AWS managed policies.")
    parser.add_argument("--wheels", type=Path, help="folder that holds or receives the wheel")
    parser.add_argument("--output", type=Path, default=DATA / "managed_policies.pack")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        wheel = fetch_wheel(MOTO, arguments.wheels or Path(temporary))
        build(wheel, arguments.output)


if __name__ == "__main__":
    main()
