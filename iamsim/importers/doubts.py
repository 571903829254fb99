"""What is doubted of a source of which a part is lost: what that part may have been attached to.

Of a resource of a template that can't be read, its type tells what it can bear on: a policy of a
bucket on buckets, a policy of IAM on users, groups and roles, a user on itself. Each of these has
an unknown policy besides those known; where the lost part still says which policy it attaches, it
has that one, of which it is not known whether it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.managed import find_managed_policy
from iamsim.core.arn import find_arn
from iamsim.core.unknown import MARK
from iamsim.importers.nameless import may_be_named
from iamsim.importers.reach import HOLDERS, POLICY_HOLDERS, Reach
from iamsim.importers.tree import KINDS
from iamsim.importers.unknown import marked, marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

Json = dict[str, object]


def doubt_sources(draft: Draft) -> None:
    """Doubt the policies of what lost parts of sources can bear on."""
    for source, reach, why in draft.doubted:
        if reach.stand_in and not may_be_named(reach.stand_in, draft.plain):
            continue
        doubt = marker(why, source.rpartition("/")[2])
        maybe = [maybe_there(policy, doubt, draft) for policy in reach.policies] or [doubt]
        for kind, record in _records(draft, source, reach):
            if reach.boundary:
                record.setdefault("boundary", _maybe_bounds(reach.boundary, doubt, draft))
            elif kind in HOLDERS:
                known = record.setdefault("policies", [])
                if isinstance(known, list):
                    known.extend(entry for entry in maybe if entry not in known)
            else:
                for entry in maybe:
                    record["policy"] = _joined(record.get("policy"), entry, doubt)
        if reach.organization and (draft.tree.nodes or draft.tree.policies):
            for policy_kind in KINDS:
                draft.tree.doubts_of_root.setdefault(policy_kind, []).append(doubt)


def _records(draft: Draft, source: str, reach: Reach) -> Iterator[tuple[str, Json]]:
    """Go through what a source was the first to speak of and a lost part of it can bear on."""
    for account in draft.data.get("accounts", {}).values():
        for kind in (*HOLDERS, *POLICY_HOLDERS):
            records = account.get(kind) if isinstance(account, dict) else None
            if kind not in reach.kinds or not isinstance(records, dict):
                continue
            for name, record in records.items():
                if not isinstance(record, dict) or draft.source_of(record) != source:
                    continue
                if _is_reached(kind, name, reach):
                    yield kind, record


def _is_reached(kind: str, name: str, reach: Reach) -> bool:
    if kind in HOLDERS:
        own = reach.names
        return own is None or name in own or name.endswith(tuple(f"-{text}" for text in own))
    if reach.names is not None and name not in reach.names:
        return False
    arn = find_arn(name)
    service = arn.service if arn is not None else "ec2"  # an endpoint has an id
    return reach.services is None or service in reach.services


def maybe_there(policy: Json | str, doubt: Json, draft: Draft) -> Json:
    """Write a policy of which it is not known whether it is there: all that it says, on a condition
    that may hold or not."""
    document = marked(policy) if isinstance(policy, dict) else _document(policy, draft)
    if not isinstance(document, dict):
        return doubt
    statements = _statements(document)
    if not all(isinstance(statement, dict) for statement in statements):
        return doubt
    return {**document, "Statement": [_open(statement, doubt) for statement in statements]}


def _maybe_bounds(arn: str, doubt: Json, draft: Draft) -> Json:
    """Write a boundary of which it is not known whether it is there: what it denies it may deny,
    and what it does not allow is allowed without it."""
    document = _document(arn, draft)
    statements = list(_statements(document)) if document is not None else []
    if document is None or not all(isinstance(statement, dict) for statement in statements):
        return doubt
    own = [
        statement
        if isinstance(statement, dict) and statement.get("Effect") == "Allow"
        else _open(statement, doubt)
        for statement in statements
    ]
    absent = _open({"Effect": "Allow", "Action": "*", "Resource": "*"}, doubt)
    return {**document, "Statement": [*own, absent]}


def _open(statement: object, doubt: Json) -> object:
    """Add to a statement a test that is not known."""
    if not isinstance(statement, dict) or MARK in statement:
        return statement
    known = statement.get("Condition", {})
    if not isinstance(known, dict) or MARK in known:
        return statement | {"Condition": doubt}
    operator = next(name for name in _operators() if name not in known)
    test = {MARK: doubt[MARK], "source": doubt.get("source", "")}
    return statement | {"Condition": known | {operator: test}}


def _operators() -> Iterator[str]:
    """Operators under which an unknown test can stand: one that a statement does not use yet."""
    for name in ("Bool", "StringEquals", "Null", "DateEquals", "NumericEquals"):
        yield name
        yield f"ForAllValues:{name}"


def _document(arn: str, draft: Draft) -> Json | None:
    """The document of a managed policy, of AWS or of an account."""
    managed = find_managed_policy(arn)
    if managed is not None:
        document: Json = json.loads(managed.document_text)
        return document
    found = find_arn(arn)
    account = draft.data.get("accounts", {}).get(found.account if found else "")
    policies = account.get("policies") if isinstance(account, dict) else None
    name = arn.rpartition("/")[2]
    known = policies.get(name) if isinstance(policies, dict) else None
    return known if isinstance(known, dict) and "Statement" in known else None


def _statements(document: Json) -> Iterable[object]:
    statements = document.get("Statement")
    return statements if isinstance(statements, list) else [statements]


def _joined(policy: object, other: Json, doubt: Json) -> object:
    """Give the policy of a resource with what may be there besides."""
    if policy is None:
        return other
    if not isinstance(policy, dict) or MARK in policy or "Statement" not in policy:
        return policy
    alike = MARK not in other and policy.get("Version") == other.get("Version")
    return {
        **policy,
        "Statement": [*_statements(policy), *(_statements(other) if alike else [doubt])],
    }
