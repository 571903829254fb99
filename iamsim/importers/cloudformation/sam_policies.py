"""The policies of SAM's functions and state machines: names, documents and policy templates.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.managed import find_managed_policy_by_name
from iamsim.core.caret import quote
from iamsim.files.reading import read_text

if TYPE_CHECKING:
    Json = dict[str, object]
    Report = Callable[[str, str], None]

FILE = "sam_policy_templates.json"
NO_VALUE = {"Ref": "AWS::NoValue"}
IF_PARTS = 3


class Policies(NamedTuple):
    """Managed policies, as values of `ManagedPolicyArns`, and inline ones, of `Policies`."""

    managed: list[object]
    inline: list[object]


def expand_policies(name: str, value: object, report: Report) -> Policies:
    """Read the property `Policies`; inline policies are called `name` and their number."""
    policies = Policies([], [])
    entries = value if isinstance(value, list) else [value]
    for number, entry in enumerate(entries):
        if entry is not None:
            _add(policies, f"{name}{number}", entry, report)
    return policies


def _add(found: Policies, name: str, entry: object, report: Report) -> None:
    if isinstance(entry, str):
        found.managed.append(_managed(entry))
        return
    document = _document(entry, report)
    if document is not None:
        found.inline.append(
            document | {"PolicyName": name}
            if "Fn::If" not in document
            else _named_if(document, name)
        )
    elif isinstance(entry, dict) and len(entry) == 1 and _is_intrinsic(entry):
        found.managed.append(entry)
    else:
        report("not-expanded", f"the policy {quote(_shown(entry))} is none that SAM knows")


def _named_if(document: Json, name: str) -> Json:
    """Give both sides of a choice between documents the name."""
    parts = document["Fn::If"]
    if not isinstance(parts, list):
        return document
    sides = [side if side == NO_VALUE else {**side, "PolicyName": name} for side in parts[1:]]
    return {"Fn::If": [parts[0], *sides]}


def _document(entry: object, report: Report) -> Json | None:
    """Make ``{"PolicyDocument": ...}`` of a document, a template, or a choice between such."""
    if not isinstance(entry, dict):
        return None
    if "Statement" in entry:
        return {"PolicyDocument": entry}
    if len(entry) != 1:
        return None
    [(name, argument)] = entry.items()
    template = _templates().get(name)
    if template is not None:
        return {"PolicyDocument": {"Statement": _fill(name, template, argument, report)}}
    if name == "Fn::If" and isinstance(argument, list) and len(argument) == IF_PARTS:
        sides = [side if side == NO_VALUE else _document(side, report) for side in argument[1:]]
        if None not in sides:
            return {"Fn::If": [argument[0], *sides]}
    return None


def _managed(name: str) -> object:
    """Give the ARN of a managed policy that may be written as its name alone."""
    if name.startswith("arn:"):
        return name
    known = find_managed_policy_by_name(name)
    path = name if known is None else known.arn.partition(":policy/")[2]
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{path}"}


def _is_intrinsic(entry: Json) -> bool:
    return next(iter(entry)) in (
        "Ref",
        "Fn::Sub",
        "Fn::Join",
        "Fn::ImportValue",
        "Fn::If",
        "Fn::GetAtt",
    )


def _shown(entry: object) -> str:
    return next(iter(entry), "{}") if isinstance(entry, dict) else str(entry)


def _fill(name: str, template: Json, argument: object, report: Report) -> object:
    """Put what the function gives in place of the parameters of a template."""
    given = argument if isinstance(argument, dict) else {}
    parameters = template["parameters"]
    assert isinstance(parameters, list)  # noqa: S101 - the data file is ours
    for parameter in parameters:
        if parameter not in given:
            report("not-expanded", f"the policy template {quote(name)} lacks {quote(parameter)}")
    return _put(template["statements"], {key: given.get(key, NO_VALUE) for key in parameters})


def _put(value: object, given: Json) -> object:
    """Replace references to parameters."""
    if isinstance(value, list):
        return [_put(item, given) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and value.get("Ref") in given:
        return given[str(value["Ref"])]
    return {key: _put(item, given) for key, item in value.items()}


@functools.cache
def _templates() -> dict[str, Json]:
    """Load the templates; `scripts/build_sam_templates.py` writes their file."""
    folder = os.path.dirname(__file__)  # noqa: PTH120 - plain text paths everywhere
    text = read_text(os.path.join(folder, FILE))  # noqa: PTH118 - as above
    templates: dict[str, Json] = json.loads(text)
    return templates
