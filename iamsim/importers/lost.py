"""Sources that are there and can't be read: what they should have held is marked as unknown.

What a file was about its name tells, as `iamsim.importers.subject` reads it: of an output that
prints the policy of a resource, that policy is unknown; of any other, something may be there that
the world does not list.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.unknown import MARK, find_marker
from iamsim.importers.shapes import account_of_path
from iamsim.importers.subject import NamedFile, arn_of_file
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

NO_POLICY = "resources of which AWS says that they have no policy"
LONGEST = 200  # characters of an error that are repeated
# Errors of AWS that say that there is none of what was asked for.
NOTHING_THERE = ("NoSuch", "NotFound", "does not exist")
ERRORS = frozenset(("Error", "error", "__type", "message", "Message", "Code", "code"))
# The fact of a resource that a call prints.
FACTS_OF_CALLS = {
    "get-bucket-abac": "abac",
    "get-bucket-encryption": "kms_key",
    "get-bucket-public-access-block": "public_access_block",
    "get-bucket-tagging": "tags",
    "get-public-access-block": "public_access_block",
    "list-grants": "grants",
}
# What these should have said is missed where it is needed.
MEMBERS = (
    "describe-organization",
    "list-accounts",
    "list-children",
    "list-organizational-units",
    "list-parents",
    "list-roots",
)
DELEGATED = ("list-delegated-administrators", "list-delegated-services")
ORGANIZATION = ("describe-policy", "list-policies", "list-targets-for-policy")


# What the AWS CLI prints instead of an output, to which scripts often send both its streams.
_is_refusal = re.compile(
    r"(?:aws: \[ERROR\]: |aws: error: |usage: aws )|An error occurred \(|fatal error: "
    r"|Unable to locate credentials|Could not connect to the endpoint URL|Error when retrieving"
    r"|The config profile \(|You must specify a region|Unable to parse|Partial credentials found"
    r"|Connect(?:ion)? (?:timeout|was closed)|Read timeout|SSL validation failed"
).match


def refusal_in(text: str) -> str | None:
    """What the AWS CLI says in a text instead of an output; `None` for any other text."""
    start = text.lstrip()
    if not _is_refusal(start):
        return None
    return f"the file holds an error: {' '.join(start.splitlines()[0].split())[:LONGEST]}"


def says_nothing_is_there(text: str) -> bool:
    """Whether a text is AWS's error that there is no such thing."""
    return "rror" in text and any(sign in text for sign in NOTHING_THERE)


def is_lost(data: object) -> bool:
    """Whether a source that no importer knows is one of which the content is lost: it is empty, an
    error of AWS, or could not be read."""
    if not isinstance(data, dict | list):
        return True
    if isinstance(data, dict):
        return not data or find_marker(data) is not None or data.keys() <= ERRORS
    return not data


def is_error(data: object) -> bool:
    """Whether an object is an error of AWS, and not what should have stood there."""
    if not isinstance(data, dict):
        return False
    error = data.get("Error", data)
    return len(data) == 1 and isinstance(error, dict) and {"Code", "Message"} <= error.keys()


def note_lost(draft: Draft, path: str, data: object) -> None:
    """Mark what a source should have held that is lost."""
    call, arn = NamedFile.of(path).call, arn_of_file(path)
    if _says_that_there_is_none(draft, arn, call, data):
        return
    why = data.get(MARK) if isinstance(data, dict) else None
    if not isinstance(why, str):
        unread = _unread_calls().get(call)
        if unread is not None and isinstance(data, dict) and data.get(unread[0]) == []:
            return  # read as far as it goes: there is nothing
        why = "the file does not hold what it is named after" if unread is None else unread[1]
    fact = FACTS_OF_CALLS.get(call)
    account = NamedFile.of(path).subject
    if arn is not None and call in _policy_calls():
        resource = draft.resource(arn, account_of_path(path))
        resource.data.setdefault("policy", marker(why, draft.file))
        found = find_arn(arn)
        others = (draft.scope.services or frozenset()) - {found.service if found else ""}
        if others:  # another service may be meant
            draft.lose(why, others)
    elif arn is not None and fact is not None:
        resource = draft.resource(arn, account_of_path(path))
        resource.data.setdefault(fact, marker(why, draft.file))
    elif fact == "public_access_block" and is_account_id(account):
        draft.account(account).data.setdefault(fact, marker(why, draft.file))
    elif call.startswith(DELEGATED):
        draft.tree.administrators_lost = marker(why, draft.file)
    elif call.startswith(MEMBERS):
        draft.tree.members_lost = True
    elif not call.startswith(ORGANIZATION) and not note_principal(draft, path, why):
        draft.lose(why)


def _says_that_there_is_none(draft: Draft, arn: str | None, call: str, data: object) -> bool:
    """Whether what was read says that there is nothing; of a policy that is noted."""
    none = draft.state.setdefault(NO_POLICY, {})
    if not says_nothing_is_there(str(data)):
        return arn in none
    if arn is not None and call in _policy_calls():
        none[arn] = True
    return True


def note_principal(draft: Draft, path: str, why: str) -> bool:
    """Mark what a lost output should have said of one user, group or role: its policies or groups.
    Says whether it was about one."""
    call, subject = NamedFile.of(path)
    match = _about_principal(call)
    account = account_of_path(path) or draft.options.account
    name = subject.partition(".")[0]
    if match is None or account is None or not name:
        return False
    kind = match.group(1)
    if kind is None:
        draft.user(account, name).extend("groups", [marker(why, draft.file)])
        return True
    find = {"role": draft.role, "user": draft.user, "group": draft.group}[kind]
    find(account, name).attach([marker(why, draft.file)])
    return True


_about_principal = re.compile(
    r"(?:list-attached|list|get)-(role|user|group)-polic(?:y|ies)|list-groups-for-user"
).fullmatch


@cache
def _unread_calls() -> dict[str, tuple[str, str]]:
    """The calls that print who may do what in a form that no importer reads: the key of the list,
    and why."""
    return {
        call.operation: (call.path[0], row.unread)
        for row in resource_types()
        for call in row.calls
        if row.unread
    }


@cache
def _policy_calls() -> frozenset[str]:
    """The calls that print the policy of one resource."""
    return frozenset(call.operation for row in resource_types() for call in row.calls)
