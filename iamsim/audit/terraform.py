"""The fixes of an audit in Terraform, for what Terraform makes.

A policy is a resource that has it, a statement a local value to put in its place; a call of the AWS
CLI is the resource that makes the same, or a `removed` block. What has no such form stays as it is:
calls of iamsim, sessions of a root user, and what the console alone does.

https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from iamsim.audit.model import Audit, CheckResult, Finding, Fix
from iamsim.core.arn import find_arn
from iamsim.files.reading import read_text

FILE = Path(__file__).parent / "data" / "terraform.toml"
GUARDRAILS = "guardrails"
NO_NAME = "this"


class _Form(NamedTuple):
    """What a call is in Terraform."""

    resource: str = ""
    removed: str = ""
    named: str = ""
    arguments: Mapping[str, str] = {}
    lists: Sequence[str] = ()
    settings: Mapping[str, object] = {}


@cache
def _forms() -> dict[str, _Form]:
    return {call: _Form(**row) for call, row in tomllib.loads(read_text(FILE)).items()}


def in_terraform(audit: Audit) -> Audit:
    """The audit with its fixes in Terraform where they have such a form."""
    headings = [
        replace(heading, checks=[_check(check) for check in heading.checks])
        for heading in audit.headings
    ]
    return replace(audit, headings=headings)


def _check(result: CheckResult) -> CheckResult:
    findings = [
        replace(finding, fix=fix_in_terraform(finding, result.heading))
        for finding in result.findings
    ]
    return replace(result, findings=findings)


def fix_in_terraform(finding: Finding, heading: str) -> Fix:
    """The fix of a finding in Terraform; as it is where Terraform has no such form."""
    fix = finding.fix
    if fix.kind == "commands":
        return _of_commands(fix)
    if fix.kind != "policy":
        return fix
    data = json.loads(fix.text)
    if not isinstance(data, dict) or "Version" not in data:
        return Fix("terraform", "\n".join(_local(finding, data)))
    if heading == GUARDRAILS:
        return Fix("terraform", "\n".join(_of_organization(finding, data)))
    return Fix("terraform", "\n".join(_of_principal(finding, data)))


def _of_commands(fix: Fix) -> Fix:
    """The calls as blocks; those that have none stay, as comments."""
    blocks: list[str] = []
    made = False
    for line in fix.text.split("\n"):
        block = _block_of(line)
        made = made or block is not None
        comment = line if line.startswith("#") else f"# {line}"
        blocks += [comment] if block is None else block
    return Fix("terraform", "\n".join(blocks)) if made else fix


def _block_of(line: str) -> list[str] | None:
    words = [] if line.startswith("#") else shlex.split(line)
    form = _forms().get(" ".join(words[1:3]))
    if not words or words[0] != "aws" or form is None:
        return None
    options: dict[str, object] = {
        word.removeprefix("--"): True if value.startswith("--") else value
        for word, value in pairwise([*words, "--"])
        if word.startswith("--")
    }
    name = _identifier(str(options.get(form.named, NO_NAME)))
    if form.removed:
        return [
            "removed {",
            f"  from = {form.removed}.{name}",
            "",
            "  lifecycle {",
            "    destroy = true",
            "  }",
            "}",
        ]
    values: dict[str, object] = {}
    for option, argument in form.arguments.items():
        if option in options:
            value = options[option]
            values[argument] = [value] if argument in form.lists else value
    return _resource(form.resource, name, {**values, **form.settings})


def _resource(kind: str, name: str, values: Mapping[str, object]) -> list[str]:
    width = max(map(len, values), default=0)
    return [
        f'resource "{kind}" "{name}" {{',
        *(f"  {key:<{width}} = {_expression(value)}" for key, value in values.items()),
        "}",
    ]


def _expression(value: object) -> str:
    """A value as an expression; `file://` is how the AWS CLI names a document."""
    if isinstance(value, str) and value.startswith("file://"):
        return f'file("{value.removeprefix("file://")}")'
    if isinstance(value, str) and value.isdecimal() and len(value) < len("111122223333"):
        return value
    return _escaped(json.dumps(value, ensure_ascii=False))


def _of_organization(finding: Finding, policy: Mapping[str, object]) -> list[str]:
    statements = policy.get("Statement")
    of_resources = isinstance(statements, list) and any(
        "Principal" in statement for statement in statements
    )
    kind = "RESOURCE_CONTROL_POLICY" if of_resources else "SERVICE_CONTROL_POLICY"
    name = _identifier(_sid(policy))
    target = finding.account or "ROOT_OR_UNIT"
    return [
        f'resource "aws_organizations_policy" "{name}" {{',
        f'  name = "{_sid(policy)}"',
        f'  type = "{kind}"',
        "",
        *_encoded("content", policy),
        "}",
        "",
        f'resource "aws_organizations_policy_attachment" "{name}" {{',
        f"  policy_id = aws_organizations_policy.{name}.id",
        f'  target_id = "{target}"',
        "}",
    ]


def _of_principal(finding: Finding, policy: Mapping[str, object]) -> list[str]:
    """A policy of a principal, or the one that says who may assume a role."""
    arn = find_arn(finding.subject)
    kind, _, name = ("role", "", NO_NAME) if arn is None else arn.resource.partition("/")
    name = name.rpartition("/")[2]
    statements = policy.get("Statement")
    if isinstance(statements, list) and any("Principal" in statement for statement in statements):
        argument, resource = "assume_role_policy", "aws_iam_role"
        first = [f'  name = "{name}"']
    else:
        argument, resource = "policy", f"aws_iam_{kind}_policy"
        first = ['  name = "least-privilege"', f'  {kind} = "{name}"']
    block = f'resource "{resource}" "{_identifier(name)}" {{'
    return [block, *first, "", *_encoded(argument, policy), "}"]


def _local(finding: Finding, statement: Mapping[str, object]) -> list[str]:
    """A statement as a local value, which the configuration puts into the policy."""
    place = "" if finding.span is None else f" ({finding.span.place})"
    first, *rest = json.dumps(statement, indent=2, ensure_ascii=False).splitlines()
    return [
        f"# a statement of the policy of {finding.subject}{place}",
        "locals {",
        f"  {_identifier(_sid({'Statement': [statement]}))} = {_escaped(first)}",
        *(f"  {_escaped(line)}" for line in rest),
        "}",
    ]


def _encoded(argument: str, policy: Mapping[str, object]) -> list[str]:
    first, *rest = json.dumps(policy, indent=2, ensure_ascii=False).splitlines()
    lines = [f"  {argument} = jsonencode({first}", *(f"  {_escaped(line)}" for line in rest)]
    return [*lines[:-1], f"{lines[-1]})"]


def _sid(policy: Mapping[str, object]) -> str:
    """What the first statement is called."""
    statements = policy.get("Statement")
    first = statements[0] if isinstance(statements, list) and statements else {}
    sid = first.get("Sid") if isinstance(first, dict) else None
    return sid if isinstance(sid, str) and sid else "Statement"


def _identifier(text: str) -> str:
    """A text as a name of Terraform: letters, digits and underscores, no digit first."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.rpartition("/")[2])
    name = re.sub(r"\W+", "_", snake, flags=re.ASCII).strip("_").lower() or NO_NAME
    return f"_{name}" if name[0].isdigit() else name


def _escaped(text: str) -> str:
    """A text in which nothing is filled in.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return text.replace("${", "$${").replace("%{", "%%{")
