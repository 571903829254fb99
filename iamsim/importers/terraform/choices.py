"""Small rules of references: which instance, which attribute, and what lies below a value."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.core.caret import quote
from iamsim.importers.terraform.configuration import part

if TYPE_CHECKING:
    from iamsim.importers.terraform.addresses import Step
    from iamsim.importers.terraform.instances import Instance

DOCUMENT = "aws_iam_policy_document"
JSON_ATTRIBUTES = ("json", "minified_json")
OF_BUCKETS = "aws_s3_bucket_"  # settings of buckets, each a resource whose id is the bucket


@cache
def _named_by() -> dict[str, str]:
    """What names the resource whose policy a resource is, by its type."""
    return {
        place.type: place.targets[0][0]
        for row in resource_types()
        for place in row.plan
        if place.type and place.targets and len(place.targets[0]) == 1
    }


def same_id(kind: str) -> str | None:
    """Give the attribute that a resource's id is the same as: that names what it is about."""
    return "bucket" if kind.startswith(OF_BUCKETS) else _named_by().get(kind)


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
