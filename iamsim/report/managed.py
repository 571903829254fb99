"""AWS managed policies, and lists of them, as documents and as plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.report.document import Column, Document, Fields, Json, Prose, Section

if TYPE_CHECKING:
    from iamsim.catalog.managed import ManagedPolicy, ManagedVersion

_DATE = len("2026-10-27")
_ROOT = "arn:aws:iam::aws:policy/"


def policies_document(policies: Sequence[ManagedPolicy]) -> Document:
    """Many policies: default version, day of the last change, path and name."""
    columns: tuple[Column[ManagedPolicy], ...] = (
        Column("version", lambda policy: policy.version_id or "-"),
        Column("updated", lambda policy: (policy.updated or "-")[:_DATE]),
        Column("policy", lambda policy: policy.arn.removeprefix(_ROOT), code=True),
    )
    count = f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'}"
    return Document(
        "AWS managed policies", (Section("policies", "", columns, policies),), summary=count
    )


def policies_data(policies: Sequence[ManagedPolicy]) -> Json:
    """Give a list of policies without their documents."""
    return {"policies": [_facts(policy) for policy in policies]}


def policy_document(policy: ManagedPolicy) -> Document:
    """One policy: what is known of it, then its document."""
    facts = (
        ("arn", policy.arn),
        ("version", policy.version_id or ""),
        ("created", (policy.created or "")[:_DATE]),
        ("updated", (policy.updated or "")[:_DATE]),
        ("source", policy.source),
    )
    document = Prose("document", "", (policy.document_text,), code=True, language="json")
    return Document(f"`{policy.name}`", (Fields("policy", "", facts), document))


def policy_data(policy: ManagedPolicy) -> Json:
    """Give one policy with its document."""
    return {**_facts(policy), "document": json.loads(policy.document_text)}


def version_document(version: ManagedVersion) -> Document:
    """Which snapshot this is."""
    facts = (
        ("newest", version.snapshot),
        ("policies", str(version.policies)),
        ("package", f"{version.package} {version.package_version}"),
    )
    return Document("AWS managed policies", (Fields("version", "", facts),))


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
