"""The call of the AWS CLI that prints the policy of one resource, written out.

>>> policy_call("arn:aws:kms:eu-west-1:111122223333:key/1234")
'aws kms get-key-policy --key-id 1234 --policy-name default --region eu-west-1'
"""

from __future__ import annotations

import re
import shlex

from iamsim.catalog.resource_types import ResourceType, resource_types, type_of_arn
from iamsim.core.arn import find_arn

LISTED_FIRST = "{1}"
_word = re.compile(r"\W+").sub


def policy_call(text: str) -> str | None:
    """Write the call about the resource of an ARN; `None` where none prints policies of its type.

    What neither the ARN nor the type tells stands there in capital letters.
    """
    kind, arn = type_of_arn(text), find_arn(text)
    if kind is None or arn is None or not kind.calls:
        return None
    if not arn.region and "::" not in kind.arn:
        kind = next((row for row in resource_types() if _fits_without_region(row, text)), kind)
    call = next((call for call in kind.calls if not call.of_account), kind.calls[0])
    name = (kind.parts_of(text) or {}).get("name", "")
    if kind.policy_arn != kind.arn:  # the ARN of a request: what is asked of it follows its name
        name = name.partition("/")[0]
    domain = "amazonaws.com.cn" if arn.partition == "aws-cn" else "amazonaws.com"
    parts = {
        "{arn}": text,
        "{name}": name,
        "{account}": arn.account,
        "{url}": f"https://sqs.{arn.region}.{domain}/{arn.account}/{name}",
    }
    if all(len(chain) == 1 for chain in kind.listed):
        parts[LISTED_FIRST] = name  # what the only call lists is what it is asked about
    options = [
        parts.get(option) or (_word("", option).upper() or "NAME" if option[:1] == "{" else option)
        for option in call.options
    ]
    region = ["--region", arn.region] if arn.region else []
    return shlex.join(["aws", call.service, call.operation, *options, *region])


def _fits_without_region(row: ResourceType, arn: str) -> bool:
    """Whether a type whose ARNs name no Region has this one, and a call that prints policies."""
    return bool(row.calls) and "::" in row.arn and row.parts_of(arn) is not None
