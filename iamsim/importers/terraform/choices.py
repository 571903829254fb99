"""Small rules of references: which instance, which attribute, and what lies below a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.terraform.configuration import part

if TYPE_CHECKING:
    from iamsim.importers.terraform.addresses import Step
    from iamsim.importers.terraform.instances import Instance

__all__ = [
    "DOCUMENT",
    "JSON_ATTRIBUTES",
    "SAME_ID",
    "default_attribute",
    "derived_attributes",
    "dig",
    "expression_text",
]

DOCUMENT = "aws_iam_policy_document"
JSON_ATTRIBUTES = ("json", "minified_json")
# Resources whose id is that of the resource they are about.
SAME_ID = {
    "aws_s3_bucket_acl": "bucket",
    "aws_s3_bucket_ownership_controls": "bucket",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket",
    "aws_s3_bucket_versioning": "bucket",
    "aws_sns_topic_policy": "arn",
    "aws_sqs_queue_policy": "queue_url",
}


def expression_text(references: list[str]) -> str:
    """Say what an expression refers to, which is all that a plan tells of it."""
    return f"an expression with {' and '.join(map(quote, references))}"


def default_attribute(wanted: str) -> str:
    """Say which attribute is meant where a plan names a resource alone: `x[each.key].arn`."""
    if wanted.endswith(("arn", "arns")):
        return "arn"
    if wanted in ("policy", "assume_role_policy", "content", "inline_policy"):
        return "json"
    return "name" if wanted in ("role", "roles", "user", "users", "group", "groups") else "id"


def derived_attributes(instance: Instance) -> tuple[str, ...]:
    """Name the attributes that follow from the others, also where a plan leaves them out."""
    if instance.type == DOCUMENT:
        return JSON_ATTRIBUTES
    return ("arn", "id", "url", "key_id", "name", "account_id", "region", "partition", "dns_suffix")


def dig(value: object, steps: list[Step]) -> object:
    """Follow the steps into a value."""
    for step in steps:
        if isinstance(value, str) and value.startswith(("{", "[")):
            value = _parse(value)
        value = part(value, step if isinstance(step, int) else str(step))
    return value


def _parse(text: str) -> object:
    """Read a JSON text; what is none has no parts."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found
