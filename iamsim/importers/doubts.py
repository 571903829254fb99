"""What is doubted of a source of which a part is lost that may be attached to all else in it.

A resource of a template that can't be read may be a policy of any role there, of any bucket, or one
that is attached to the root of the organization: each has an unknown policy besides those known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.unknown import MARK
from iamsim.importers.tree import KINDS
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.importers.draft import Draft

__all__ = ["doubt_sources"]

HOLDERS = ("users", "groups", "roles", "permission_sets")
Json = dict[str, object]


def doubt_sources(draft: Draft) -> None:
    """Doubt the policies of all that a source makes of which a part is lost."""
    for source, why in draft.doubted.items():
        doubt = marker(why, source.rpartition("/")[2])
        for kind, record in _records(draft, source):
            if kind in HOLDERS:
                known = record.setdefault("policies", [])
                if isinstance(known, list):
                    known.append(doubt)
            else:
                record["policy"] = _doubted(record.get("policy"), doubt)
        if draft.tree.nodes or draft.tree.policies:
            for one in KINDS:
                draft.tree.doubts_of_root.setdefault(one, []).append(doubt)


def _records(draft: Draft, source: str) -> Iterator[tuple[str, Json]]:
    """Go through what a source was the first to speak of, with the kind of each."""
    for account in draft.data.get("accounts", {}).values():
        for kind in (*HOLDERS, "resources"):
            records = account.get(kind) if isinstance(account, dict) else None
            for record in records.values() if isinstance(records, dict) else ():
                if isinstance(record, dict) and draft.source_of(record) == source:
                    yield kind, record


def _doubted(policy: object, doubt: Json) -> Json:
    """Give a resource's policy with a statement more, which is not known."""
    if not isinstance(policy, dict) or MARK in policy or "Statement" not in policy:
        return doubt
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {**policy, "Statement": [*listed, doubt]}
