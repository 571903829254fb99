"""Putting the resources of a stack into a draft, nested stacks included."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import find_type
from iamsim.core.caret import quote
from iamsim.importers.cloudformation import encryption, identities, organizations, resource_policies
from iamsim.importers.cloudformation.reading import Reading
from iamsim.importers.cloudformation.templates import NESTED_STACK, OpenStack
from iamsim.importers.misspelt import doubted_type, find_misspelt
from iamsim.importers.nameless import note_nameless
from iamsim.importers.reach import EVERYTHING, HOLDERS, POLICY_HOLDERS, Reach, reach_of
from iamsim.importers.unknown import Unknown
from iamsim.importers.unread import services_within, unread_message
from iamsim.importers.workloads import find_role, note_role

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.stack import Stack
    from iamsim.importers.draft import Draft

READERS: dict[str, Callable[[Reading], None]] = {
    **identities.READERS,
    **organizations.READERS,
    **resource_policies.READERS,
    **encryption.READERS,
}
# What a resource has that bears on what it makes.
ATTRIBUTES = ("Condition", "Properties")
# Their tags bear on access, as those of other kinds in the table of kinds do.
UNTAGGED = ("AWS::IAM::", "AWS::Organizations::", "AWS::SSO::")


def read_stack(opened: OpenStack, draft: Draft) -> None:
    """Read all resources of a stack, in the order of their logical ids."""
    stack, prefix = opened.stack, opened.prefix
    if not isinstance(stack.template.get("Resources"), dict):
        return
    for logical_id in sorted(stack.resources):
        resource = stack.resources[logical_id]
        place = f"{prefix}Resources.{logical_id}"
        made = stack.is_made(resource)
        if made is False:
            continue
        kind = resource.get("Type")
        if not isinstance(kind, str):
            draft.unreadable("this resource has no type", place)
            draft.doubt(f"`{logical_id}` of the template can't be read", EVERYTHING)
            continue
        _doubt_misspelt(stack, logical_id, kind, place, draft)
        if kind not in READERS:
            _note_unread(stack, logical_id, place, draft)
        read = _find_reader(kind)
        if read is None:
            continue
        if isinstance(made, Unknown):
            draft.remark(
                "condition-unknown",
                f"whether this is made depends on {made.why}; it is taken to be",
                place,
                "unknown",
            )
        properties = stack.properties(logical_id)
        draft.places.here = None if stack.text is None else stack.text.resource(logical_id)
        try:
            read(Reading(stack, draft, logical_id, properties, prefix))
        except (ValueError, LookupError):
            draft.unreadable("this resource does not have the form of its type", place)
            draft.doubt(
                f"`{logical_id}` of the template can't be read",
                reach_of(kind, properties, logical_id),
            )
        finally:
            draft.places.here = None
    environment, accounts = stack.environment, draft.data.get("accounts", {})
    if environment.scope.partition != "aws" and environment.account in accounts:
        draft.account(environment.account).set("partition", environment.scope.partition, prefix)
    if stack.region_used and not opened.region_known:
        draft.remark(
            "region-unknown",
            f"the template does not say which region it is for: {quote(environment.region)}"
            " stands for it; `--region` says",
            severity="unknown",
        )


def _doubt_misspelt(stack: Stack, logical_id: str, kind: str, place: str, draft: Draft) -> None:
    """Doubt a resource of which an attribute or the type is misspelt, or of whose type nobody
    knows what it attaches."""
    resource = stack.resources[logical_id]
    attributes = (find_misspelt(name, resource) for name in ATTRIBUTES if name not in resource)
    doubted = [(kind, misspelt.why) for misspelt in attributes if misspelt is not None]
    if kind not in READERS and find_type(kind) is None:
        doubted += filter(None, [doubted_type(kind, READERS)])
    for meant, why in doubted:
        draft.unreadable(f"this resource has {why}", place)
        reach = reach_of(meant, stack.properties(logical_id), logical_id)
        draft.doubt(f"what {quote(logical_id)} says depends on {why}", reach)


def _note_unread(stack: Stack, logical_id: str, place: str, draft: Draft) -> None:
    """Remark a policy in a resource of a type that has no reader."""
    kind = stack.resources[logical_id].get("Type")
    if isinstance(kind, str) and kind != NESTED_STACK:
        row = find_type(kind)
        properties = stack.properties(logical_id)
        message = unread_message(kind, row, properties)
        if message is not None:
            draft.remark("policy-not-read", message, place, "unknown")
            if row is None or not row.unread:
                draft.lose(message, services_within(properties))


def _find_reader(kind: object) -> Callable[[Reading], None] | None:
    """Find the reader of a resource type; of other types in the table of kinds, the tags count."""
    if kind == NESTED_STACK:
        return _read_nested
    if not isinstance(kind, str):
        return None
    if kind in encryption.READERS:
        return encryption.READERS[kind]
    if kind == organizations.PERMISSION_SET:  # its name is that of a role, where it is assigned
        return READERS[kind]
    read = READERS.get(kind)
    known = find_type(kind) is not None and not kind.startswith(UNTAGGED)
    if read is None:
        return _read_plain if known else None
    return functools.partial(_read_named, read)


def _read_plain(reading: Reading) -> None:
    """Read a resource of which the tags, the key and the role matter."""
    if encryption.read_key(reading) or _read_role(reading) or reading.properties.get("Tags"):
        _read_named(resource_policies.read_tagged, reading)


def _read_named(read: Callable[[Reading], None], reading: Reading) -> None:
    """Read a resource, and note a name that could not be evaluated."""
    kind = reading.stack.kind(reading.logical_id)
    name = None if kind is None else reading.properties.get(kind.name_property)
    if isinstance(name, Unknown):
        reading.remark(
            "name-unknown",
            f"the name depends on {name.why}: it is {quote(reading.identity.name)} here",
        )
        identity = reading.identity
        note_nameless(
            reading.draft, identity.policy_arn, reading.account, f"it depends on {name.why}"
        )
    elif kind is not None and name is not None and (not name or not isinstance(name, str)):
        reading.misfit(kind.name_property)
    read(reading)
    encryption.read_key(reading)
    _read_role(reading)


def _read_role(reading: Reading) -> bool:
    """Read with which role a resource acts; of those that act with none, say so."""
    kind = reading.stack.kind(reading.logical_id)
    if kind is None or not kind.runs_with:
        return False
    found = find_role(reading.identity.arn, reading.properties)
    if found is not None:
        note_role(
            reading.draft.resource(reading.identity.arn, reading.account), found, reading.place
        )
    return found is not None


def _doubt_named(reading: Reading, why: str) -> None:
    """Doubt what a nested stack whose template is lost can attach a policy to: what its parameters
    name, and what has a name of its own that another template can say."""
    stack, given = reading.stack, json.dumps(reading.properties.get("Parameters"), default=str)
    names, services = set(), set()
    for logical_id in stack.resources:
        kind, identity = stack.kind(logical_id), stack.identity(logical_id)
        if kind is None or identity is None:
            continue
        own = isinstance(stack.properties(logical_id).get(kind.name_property), str)
        if own or identity.name in given or identity.reference in given:
            names.add(identity.name)
            services.add(kind.service)
    if "iam" in services:
        reading.draft.doubt(why, Reach(frozenset(HOLDERS), names=frozenset(names)))
    if services - {"iam"}:
        reading.draft.doubt(why, Reach(frozenset(POLICY_HOLDERS), frozenset(services)))


def _read_nested(reading: Reading) -> None:
    """Read a nested stack, if its template is at hand."""
    nested = reading.stack.nested(reading.logical_id)
    if nested is None:
        message = "the template of the nested stack is not here"
        reading.remark("nested-template-missing", message)
        reading.draft.lose(message)
        _doubt_named(reading, message)
    else:
        read_stack(OpenStack(nested, f"{reading.place}/"), reading.draft)
