"""Which resource an output is about, when the output itself does not say.

`aws s3api get-bucket-policy` prints a policy and no bucket. Said by `--for`, a key beside the
output (`Arn`, `ResourceArn`, ...), a map of outputs by ARN, the name of the file
(``get-bucket-policy.reports.json``, with account and region in the names of the folders), or by the
policy: AWS accepts policies of buckets, functions, queues and topics only for themselves.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

from iamsim.catalog.containers import ABOUT_THEMSELVES
from iamsim.catalog.resource_types import resource_types
from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.resource_kinds import EXPRESS, known_type, partition_of_region
from iamsim.importers.shapes import Json, account_of_path, folder_names, text

# Keys under which AWS's outputs give the ARN of what they are about.
ARN_KEYS = (
    "ResourceArn",
    "resourceArn",
    "Arn",
    "ARN",
    "arn",
    "QueueArn",
    "TopicArn",
    "FunctionArn",
    "KeyArn",
    "TableArn",
    "SecretArn",
    "BackupVaultArn",
    "StreamARN",
    "repositoryArn",
    "AccessPointArn",
    "SinkArn",
    "ProjectArn",
)
is_region = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}").fullmatch


@cache
def _arns_of_calls() -> dict[str, str]:
    """The ARN behind `arn:PARTITION:` of what a call asks about by its name, by call."""
    arns: dict[str, str] = {}
    for row in resource_types():
        calls = [call.operation for call in row.calls if call.by_name]
        for call in (*calls, *row.about):
            if not row.outer:
                arns.setdefault(call, row.policy_arn)
    return arns


class NamedFile(NamedTuple):
    """A file named ``CALL.SUBJECT.json``: the call, and what it was about."""

    call: str
    subject: str

    @classmethod
    def of(cls, path: str) -> NamedFile:
        """Divide a file's name; the subject may be percent-encoded, as ARNs must be."""
        name = folder_names(path)[-1] if folder_names(path) else ""
        for ending in (".gz", ".json"):
            name = name.removesuffix(ending)
        call, _, subject = name.partition(".")
        return cls(call, unquote(subject))


def arn_beside(data: Json) -> str | None:
    """Find an ARN beside an output, or in its `Attributes`."""
    arn = text(data, *ARN_KEYS)
    return arn if arn is not None and find_arn(arn) is not None else None


def arn_of_file(path: str) -> str | None:
    """Read the ARN from the name of a file."""
    named = NamedFile.of(path)
    if find_arn(named.subject) is not None:
        return named.subject
    pattern = _arns_of_calls().get(named.call)
    if pattern is None or not named.subject or is_account_id(named.subject):
        return None
    express = next((value for end, value in EXPRESS.items() if named.subject.endswith(end)), None)
    pattern = pattern if express is None else known_type(express).arn
    account, region = account_of_path(path), region_of_path(path)
    if ("{account}" in pattern and account is None) or ("{region}" in pattern and region is None):
        return None
    rest = pattern.format(region=region, account=account, name=named.subject)
    return f"arn:{partition_of_region(region or '')}:{rest}"


def region_of_path(path: str) -> str | None:
    """Give the region that a folder of a path is named after: the last one."""
    return next((name for name in reversed(folder_names(path)[:-1]) if is_region(name)), None)


def arn_of_policy(document: Json) -> str | None:
    """Find the only resource that a policy is about, where AWS allows no other."""
    statements = document.get("Statement")
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource") if isinstance(statement, dict) else None
        for resource in resources if isinstance(resources, list) else [resources]:
            arn = find_arn(resource) if isinstance(resource, str) else None
            if arn is None or arn.service not in ABOUT_THEMSELVES:
                return None
            name = str(resource)
            if arn.service == "s3" and not arn.account:
                name = f"arn:{arn.partition}:s3:::{arn.resource.partition('/')[0]}"
            if "*" in name or "?" in name or "$" in name:
                return None
            found.add(name)
    return found.pop() if len(found) == 1 else None
