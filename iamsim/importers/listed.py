"""Resources of which sources tell without their policies: a list, a description, a setting.

Another call prints the policy of each (`iamsim.catalog.resource_types` says which). Where no source
has its output, and none says that there is no policy, the policy is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.catalog.policy_calls import policy_call
from iamsim.catalog.resource_types import type_of_arn
from iamsim.core.caret import quote
from iamsim.core.unknown import origin_words
from iamsim.importers.key_ring import managed_key_policy
from iamsim.importers.lost import NO_POLICY
from iamsim.importers.misspelt import find_misspelt
from iamsim.importers.subject import NamedFile, arn_of_file
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

BELOW = "the world that sources are laid over"
# Formats that tell of the policy with the resource, and the world below them.
TELLING = frozenset((BELOW, "AWS Config", "CloudFormation", "Terraform", "iam-collect"))
OF_AWS = ":alias/aws/"


def note_none(draft: Draft, arn: str | None) -> None:
    """Note that AWS says that a resource has no policy."""
    if arn is not None:
        draft.state.setdefault(NO_POLICY, {})[arn] = True


def note_empty(draft: Draft, path: str, data: object) -> bool:
    """Note what an output says that is named after the call that prints the policy of a resource,
    and has none where that stands. Gives whether it says nothing else."""
    arn, call = arn_of_file(path), NamedFile.of(path).call
    kind = None if arn is None else type_of_arn(arn)
    if kind is None or not isinstance(data, dict):
        return False
    if not any(_is_empty(data, own.path) for own in kind.calls if own.operation == call):
        return False
    note_none(draft, arn)
    return len(data) == 1


def _is_empty(data: dict[str, object], path: Sequence[str]) -> bool:
    """Whether nothing stands at a path that begins in an output."""
    first, *rest = path
    if first not in data:
        return False
    value = data[first]
    for step in rest:
        if step == "*":
            break
        # Which attributes were asked for, and what is none, is their reader's to know.
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return value in (None, [], {}) or bool(rest and value == "")


def note_listed(draft: Draft, arn: str, call: str = "", told: Iterable[str] = ()) -> None:
    """Note a resource that an output tells of, if its type can have a policy. Where the output is
    that of the `call` that prints it, and had none among what it `told`, there is none."""
    kind = type_of_arn(arn)
    if kind is not None and kind.calls:
        draft.resource(arn)
        own = [known.path[0] for known in kind.calls if known.operation == call]
        if own and not any(find_misspelt(key, told) for key in own):
            note_none(draft, arn)


def mark_listed(draft: Draft) -> None:
    """Mark the policy of each resource as unknown of which no source tells it."""
    none = draft.state.get(NO_POLICY, {})
    of_aws = {key: alias for alias, key in draft.keys.aliases.items() if OF_AWS in alias}
    for arn, told_by in list(draft.told_by.items()):
        kind = type_of_arn(arn)
        if kind is None or not kind.calls or kind.unread:
            continue
        if arn in none or not TELLING.isdisjoint(told_by):
            continue
        record = draft.resource(arn)
        if "policy" in record.data:
            continue
        if arn in of_aws:
            record.data["policy"] = managed_key_policy(of_aws[arn])
            continue
        draft.source = draft.source_of(record.data)
        why, call = f"no source has the policy of {quote(arn)}", policy_call(arn) or ""
        record.data["policy"] = marker(why, call)
        draft.remark("policy-missing", why + origin_words(call), severity="unknown")
    draft.source = ""
