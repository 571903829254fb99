"""Every call of the AWS CLI that is printed to fetch what is missing can be run as it stands."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore import xform_name
from botocore.session import get_session

from iamsim.catalog.policy_calls import policy_call
from iamsim.catalog.resource_types import resource_types
from iamsim.core.decision import Layer
from iamsim.core.unknown import FACTS, UnknownPart
from iamsim.report.fetching import fetch_call, fetch_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

SESSION = get_session()
GLOBAL = {"--region", "--query", "--output"}
# Options that the AWS CLI adds to an operation:
# https://docs.aws.amazon.com/cli/latest/reference/iam/create-virtual-mfa-device.html
ADDED = {"create-virtual-mfa-device": {"--outfile", "--bootstrap-method"}}
# Of the AWS CLI itself, without an operation of an API behind them.
OWN_COMMANDS = {("sso", "login"), ("s3", "ls"), ("s3", "cp")}
PARTS = {"region": "eu-west-1", "account": "111122223333", "name": "sample", "path": "/"}
MIA = "arn:aws:iam::111122223333:user/mia"
_inner = re.compile(r"\$\((.*?)\)")
_call = re.compile(r"(?<![\w./-])aws ([a-z0-9-]+) ([a-z][a-z0-9-]+)([^`|\n;]*)")
_option = re.compile(r"(?<!\S)--[a-z][a-z0-9-]*")


@cache
def operations(service: str) -> dict[str, OperationModel]:
    """The operations of a service by the names that the AWS CLI gives them."""
    model = SESSION.get_service_model("s3" if service == "s3api" else service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def fault_of(call: str) -> str | None:
    """What is wrong with a call: no such service, operation or option, or one that is missing."""
    for inner in _inner.findall(call):
        if (fault := fault_of(inner)) is not None:
            return fault
    words = shlex.split(_inner.sub("inner", call))
    assert words[0] == "aws"
    operation = operations(words[1]).get(words[2])
    if operation is None:
        return f"{words[1]} has no {words[2]}"
    shape = operation.input_shape
    given = {word for word in words[3:] if word.startswith("--")}
    taken = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else {})}
    needed = {
        f"--{xform_name(member, '-')}" for member in (shape.required_members if shape else ())
    }
    if given - taken - GLOBAL:
        return f"no option {given - taken - GLOBAL}"
    return f"lacks {needed - given}" if needed - given else None


def test_a_fault_is_found() -> None:
    """A misspelt operation or option, and one that is missing."""
    assert fault_of("aws s3api get-bucket-policies --bucket b") is not None
    assert fault_of("aws s3api get-bucket-policy --buckets b") is not None
    assert fault_of("aws s3api get-bucket-policy") is not None
    assert fault_of("aws s3api get-bucket-policy --bucket b --region eu-west-1") is None


@pytest.mark.parametrize("row", resource_types(), ids=lambda row: row.name)
def test_the_policy_of_every_type(row) -> None:  # type: ignore[no-untyped-def]
    """The call has all that it needs; what neither the ARN nor the type tells is in capitals."""
    arn = re.sub(r"\{(\w+)\}", lambda part: PARTS.get(part[1], "sample"), row.arn)
    call = policy_call(arn)
    if row.calls and call is not None:
        assert fault_of(call) is None, call


CONTROL = (
    "arn:aws:organizations::444455556666:policy/o-a1b2c3d4e5/service_control_policy/p-c3d4e5f6"
)
ASKED = [
    ("arn:aws:s3:::reports/may.csv", MIA),
    ("arn:aws:iam::111122223333:role/team/app", MIA),
    ("arn:aws:kms:eu-west-1:111122223333:key/1", "arn:aws:sts::111122223333:assumed-role/app/s"),
    ("*", "arn:aws:sts::111122223333:federated-user/bob"),
    ("arn:aws:sqs:eu-west-1:111122223333:jobs", "arn:aws:iam::111122223333:root"),
]


@pytest.mark.parametrize("layer", Layer, ids=lambda layer: layer.value)
@pytest.mark.parametrize("policy", [None, CONTROL, "arn:aws:iam::111122223333:policy/team/base"])
@pytest.mark.parametrize(("resource", "principal"), ASKED)
def test_every_layer(layer: Layer, policy: str | None, resource: str, principal: str) -> None:
    """Of a request by each kind of caller, and the policy that a message names."""
    call = fetch_call(layer, resource, principal, policy)
    assert call == "iamsim import --recipe" or fault_of(call) is None, call


@pytest.mark.parametrize("fact", sorted(FACTS.keys() - {"role", "settings"}))
@pytest.mark.parametrize(
    "holder",
    [
        "111122223333",
        "o-exampleorg1",
        "arn:aws:s3:::reports",
        "arn:aws:kms:eu-west-1:111122223333:key/1",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/team",
        "arn:aws:ec2:eu-west-1::snapshot/snap-1",
        "arn:aws:ec2:eu-west-1::image/ami-1",
        "arn:aws:rds:eu-west-1:111122223333:snapshot:nightly",
        "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:nightly",
    ],
)
def test_every_fact(fact: str, holder: str) -> None:
    """Of accounts, organizations and resources of which something is not known."""
    part = UnknownPart("resource", holder, None, "lost", "", fact)
    call = fetch_unknown(part, "*", MIA)
    assert call == "iamsim import --recipe" or fault_of(call) is None, call


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a file: of a module those that are no comment, with a stand-in for what is
    filled in."""
    if path.suffix != ".py":
        yield from path.read_text("utf-8").splitlines()
        return
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    inside = {id(value) for node in joined for value in node.values}
    for node in joined:
        parts = (getattr(value, "value", "") for value in node.values)
        yield "".join(part if isinstance(part, str) else "FILLED" for part in parts)
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in inside:
            yield str(node.value)


def test_every_call_that_is_written_down_exists() -> None:
    """In the code, its messages and the tables: services, operations and options are AWS's."""
    services = {*SESSION.get_available_services(), "s3api"}
    files = [
        file
        for file in sorted(Path("iamsim").rglob("*"))
        if file.suffix in {".py", ".toml", ".txt", ".yaml"}
    ]
    wrong, read = [], 0
    for file in files:
        for found in (found for text in texts_of(file) for found in _call.finditer(text)):
            service, operation, rest = found.groups()
            filled = "FILLED" in operation or operation.endswith("-") or "FILLED" in found[0][:40]
            if filled or service not in services or (service, operation) in OWN_COMMANDS:
                continue
            read += 1
            model = operations(service).get(operation)
            shape = None if model is None else model.input_shape
            taken = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else {})}
            given = {option for option in _option.findall(rest) if "FILLED" not in option}
            if model is None or given - taken - GLOBAL - ADDED.get(operation, set()):
                wrong.append(f"{file}: {found[0]}")
    assert not wrong
    assert read > 100
