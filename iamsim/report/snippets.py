"""A policy as code that attaches it: Terraform, CloudFormation, or plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iamsim.core.arn import find_arn

NAME = "least-privilege"


def snippet(policy: Mapping[str, object], principal: str, form: str) -> list[str]:
    """The lines of `form` (``policy``, ``terraform`` or ``cloudformation``) for a user or role.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
    """
    arn = find_arn(principal)
    kind, _, name = (arn.resource if arn is not None else principal).partition("/")
    name = name.rpartition("/")[2]
    if form == "terraform":
        return _terraform(policy, kind, name)
    if form == "cloudformation":
        kind = kind.capitalize()
        properties = {"PolicyName": NAME, f"{kind}Name": name, "PolicyDocument": policy}
        resource = {"Type": f"AWS::IAM::{kind}Policy", "Properties": properties}
        return json.dumps({"Resources": {"LeastPrivilege": resource}}, indent=2).splitlines()
    return json.dumps(policy, indent=2).splitlines()


def _terraform(policy: Mapping[str, object], kind: str, name: str) -> list[str]:
    """JSON is an expression of Terraform's language, but for what it would fill in.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    first, *rest = json.dumps(policy, indent=2).splitlines()
    body = [line.replace("${", "$${").replace("%{", "%%{") for line in rest]
    return [
        f'resource "aws_iam_{kind}_policy" "least_privilege" {{',
        f'  name = "{NAME}"',
        f'  {kind} = "{name}"',
        "",
        f"  policy = jsonencode({first}",
        *(f"  {line}" for line in body[:-1]),
        "  })",
        "}",
    ]
