"""The claims that ready laws make: where a claim is proved, nothing has to be tried.

Not every scope of a law can be said as a claim; then there is none, and requests are searched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.errors import InputError
from iamsim.proofs.claims import Claim, Who, read_who, statement_about

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue
    from iamsim.testing.near import Scope
    from iamsim.world.model import World

MFA = "aws:MultiFactorAuthPresent"
REGION = "aws:RequestedRegion"
Block = dict[str, dict[str, object]]


def nothing_outside(scope: Scope, model: World) -> Claim | None:
    """Nobody outside of the organization, or of the accounts of a world without one, is allowed
    anything; services are inside."""
    if model.organization is not None:
        who = Who("outside", "organization")
    else:
        who = Who("except", members=tuple(Who("account", account) for account in model.accounts))
    return _claim("nothing outside the organization", scope, [who])


def only_in(regions: Sequence[str], scope: Scope, _model: World) -> Claim | None:
    """No request for another Region is allowed."""
    block: Block = {"StringNotEquals": {REGION: list(regions)}}
    return _claim("only in some Regions", scope, [Who("except")], block)


def never_without_mfa(scope: Scope, _model: World) -> Claim | None:
    """Nothing is allowed without multi-factor authentication."""
    block: Block = {"Bool": {MFA: "true"}}
    rest = {key: values for key, values in scope.context.items() if key.lower() != MFA.lower()}
    return _claim("never without MFA", scope._replace(context=rest), [Who("except")], unless=block)


def _claim(
    name: str,
    scope: Scope,
    who: list[Who],
    block: Block | None = None,
    unless: Block | None = None,
) -> Claim | None:
    """A claim about a scope; `None` where it can't be said."""
    condition: Block = {**(block or {})}
    if scope.actions and scope.except_actions:
        return None
    actions = list(scope.except_actions or scope.actions or "*")
    try:
        for operator, key, values in _conditions(scope.context):
            if key in condition.setdefault(operator, {}):
                return None
            condition[operator][key] = values
        if scope.principals:
            who.append(Who("any", members=_patterns(scope.principals, name)))
        if scope.except_principals:
            who.append(Who("except", members=_patterns(scope.except_principals, name)))
        about = statement_about(
            actions,
            list(scope.resources or "*"),
            condition or None,
            name,
            all_but=bool(scope.except_actions),
        )
        kept = () if unless is None else (statement_about("*", "*", unless, name),)
    except (InputError, TypeError):
        return None
    return Claim(name, _all_of(who), about, kept)


def _all_of(who: Sequence[Who]) -> Who:
    """Callers whom all of some are about: those whom none of the rests is about."""
    if len(who) == 1:
        return who[0]
    return Who("except", members=tuple(Who("except", members=(other_who,)) for other_who in who))


def _patterns(texts: Iterable[str], name: str) -> tuple[Who, ...]:
    return tuple(read_who(text, name) for text in texts)


def _conditions(
    context: Mapping[str, Sequence[ContextValue | None]],
) -> Iterator[tuple[str, str, object]]:
    """Values of keys as conditions; raises `TypeError` for lists of values."""
    for key, values in context.items():
        texts = [value for value in values if isinstance(value, str)]
        absent = None in values
        if len(texts) + absent != len(values):
            raise TypeError(key)
        if not texts:
            yield "Null", key, "true"
        else:
            yield ("StringEqualsIfExists" if absent else "StringEquals"), key, texts
