"""AWS managed policies, and lists of them, as text and as plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamsim.report.columns import fields, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.catalog.managed import ManagedPolicy, ManagedVersion

__all__ = [
    "policies_data",
    "policies_text",
    "policy_data",
    "policy_text",
    "version_data",
    "version_text",
]

Json = dict[str, object]
_DATE = len("2026-10-27")
_ROOT = "arn:aws:iam::aws:policy/"


def policies_text(policies: Sequence[ManagedPolicy], width: int) -> str:
    """List policies, a line each: default version, day of the last change, path and name."""
    rows = [
        (policy.version_id or "-", (policy.updated or "-")[:_DATE], policy.arn.removeprefix(_ROOT))
        for policy in policies
    ]
    count = f"{len(rows)} {'policy' if len(rows) == 1 else 'policies'}"
    return "\n".join([*table(rows, width), "", count, ""])


def policies_data(policies: Sequence[ManagedPolicy]) -> Json:
    """Give a list of policies without their documents."""
    return {"policies": [_facts(policy) for policy in policies]}


def policy_text(policy: ManagedPolicy, width: int) -> str:
    """Show one policy: what is known of it, then its document."""
    known = fields(
        [
            ("arn", policy.arn),
            ("version", policy.version_id or ""),
            ("created", (policy.created or "")[:_DATE]),
            ("updated", (policy.updated or "")[:_DATE]),
            ("source", policy.source),
        ],
        width,
    )
    return "\n".join([policy.name, *known, "", policy.document_text, ""])


def policy_data(policy: ManagedPolicy) -> Json:
    """Give one policy with its document."""
    return {**_facts(policy), "document": json.loads(policy.document_text)}


def version_text(version: ManagedVersion, width: int) -> str:
    """Say which snapshot this is."""
    known = fields(
        [
            ("newest", version.snapshot),
            ("policies", str(version.policies)),
            ("package", f"{version.package} {version.package_version}"),
        ],
        width,
    )
    return "\n".join(["AWS managed policies", *known, ""])


def version_data(version: ManagedVersion) -> Json:
    """Give the snapshot's day, its package and its size."""
    return {
        "snapshot": version.snapshot,
        "policies": version.policies,
        "package": version.package,
        "package_version": version.package_version,
    }


def _facts(policy: ManagedPolicy) -> Json:
    return {
        "arn": policy.arn,
        "name": policy.name,
        "version": policy.version_id,
        "created": policy.created,
        "updated": policy.updated,
        "source": policy.source,
    }
