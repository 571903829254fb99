"""Whether a claim is about a caller: settled, or a test of the keys of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.request import CallerKind
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.proofs.formula import Formula, all_of, any_of, negate
from iamsim.proofs.rules import key_is

if TYPE_CHECKING:
    from iamsim.proofs.claims import Who
    from iamsim.proofs.people import Person
    from iamsim.proofs.statements import Reader
    from iamsim.world.model import World

KINDS = {
    "anonymous": {CallerKind.ANONYMOUS},
    "federated": {CallerKind.IDENTITY_PROVIDER, CallerKind.FEDERATED_USER},
    "role": {CallerKind.ROLE_SESSION},
    "root": {CallerKind.ROOT_USER, CallerKind.ASSUMED_ROOT},
    "service": {CallerKind.SERVICE},
    "user": {CallerKind.USER},
}
OUTSIDE = frozenset({"outside", "except"})


def covers_caller(
    who: Who, person: Person, owner: str, world: World, reader: Reader, *, services: bool
) -> Formula:
    """When a caller is one of those that a claim is about; `owner` is the account of the resource,
    `services` says whether those outside include services."""
    caller = person.caller
    if who.kind in OUTSIDE and caller.kind is CallerKind.SERVICE and not services:
        return False
    match who.kind:
        case "everybody":
            return True
        case "pattern":
            if caller.principal_arn is None:
                return compile_tokens(tokenize(who.text))(caller.arn)
            return reader.condition(
                key_is("aws:principalarn", who.text, operator="ArnLike").condition
            )
        case "session":
            return _is_session(who.text, person)
        case "service":
            return caller.kind is CallerKind.SERVICE and caller.arn == who.text
        case "caller":
            return caller.kind in KINDS[who.text]
        case "account":
            return _is_in(who.text, person)
        case "outside":
            if who.text == "organization":
                return caller.account is None or not world.in_organization(caller.account)
            return caller.account is None or caller.account != owner
        case _:
            parts = [
                covers_caller(
                    member, person, owner, world, reader, services=services or who.kind == "except"
                )
                for member in who.members
            ]
            if who.kind == "any":
                return any_of(parts)
            return all_of(negate(part, reader.actions) for part in parts)


def depends_on_owner(who: Who) -> bool:
    """Whether it depends on whose the resource is if a claim is about a caller."""
    return (who.kind, who.text) == ("outside", "account") or any(map(depends_on_owner, who.members))


def _is_in(account: str, person: Person) -> Formula:
    """Whether a caller belongs to an account."""
    if "aws:principalaccount" in person.domains:
        return key_is("aws:principalaccount", account)
    return person.account == account


def _is_session(text: str, person: Person) -> bool:
    """Whether a caller is a session that a pattern of its ARN describes; a role stands for all of
    its sessions."""
    caller = person.caller
    if caller.kind is not CallerKind.ROLE_SESSION:
        return False
    arn = find_arn(caller.arn)
    if arn is not None and arn.service == "sts":
        return compile_tokens(tokenize(text))(caller.arn)
    session = f"arn:{caller.partition}:sts::{caller.account}:assumed-role/{caller.name}/"
    head = text[: text.rfind("/") + 1]
    return compile_tokens(tokenize(head))(session)
