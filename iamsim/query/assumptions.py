"""Roles to assume: which role is meant, what a call passes, and the session that it yields.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.core.suggest import nearest
from iamsim.engine.question import PLAIN_SESSION, Session
from iamsim.world.model import Role, World

_LISTED = 5
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Assumption:
    """A role to assume (its ARN, its name, or the ARN of the session to be made), and what the call
    passes: session name, policies, tags, source identity."""

    role: str
    session: Session = PLAIN_SESSION


def assumptions_of(roles: Sequence[str], session: Session) -> tuple[Assumption, ...]:
    """Lay out what is passed in a chain of which one session is described.

    What travels along a chain is set at its first hop: the source identity, and the tags that are
    transitive. What does not is set at the last: the session's name, its policies, the other tags.
    Raises `RequestError` for a transitive tag that is no tag of the session.
    """
    tags = session.tags
    check_transitive(session)
    travelling = {key: tags[key] for key in tags if key in session.transitive_tags}
    first = Session(
        tags=travelling,
        transitive_tags=session.transitive_tags,
        source_identity=session.source_identity,
    )
    staying = {key: value for key, value in tags.items() if key not in travelling}
    last = replace(session, tags=staying, transitive_tags=(), source_identity=None)
    if len(roles) == 1:
        return (Assumption(roles[0], session),)
    middle = (Assumption(role) for role in roles[1:-1])
    return (Assumption(roles[0], first), *middle, Assumption(roles[-1], last))


def check_transitive(session: Session) -> None:
    """Refuse transitive tags that are no tags of the session; raises `RequestError`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    for key in session.transitive_tags:
        if key not in session.tags:
            close = nearest(key, session.tags)
            hint = f"did you mean {quote(close)}?" if close else None
            raise RequestError(
                "unknown-transitive-tag",
                f"the transitive tag {quote(key)} is no tag of the session",
                hint=hint or "give its value as well: `--session-tag KEY=VALUE`",
            )


def find_role(assumption: Assumption, model: World, account: str | None) -> tuple[Role, Session]:
    """Find the role that is meant, and what the call passes.

    A name stands for the role of the caller's account, else for the only role of that name. The ARN
    of a session names the role and its session. Raises `RequestError` where there is none.
    """
    text, passed = assumption.role, assumption.session
    if not text.startswith("arn:"):
        return _named(text, model, account), passed
    found = model.find_principal(text)
    if not isinstance(found, Role):
        raise _unknown(text, model)
    arn = find_arn(text)
    if arn is not None and arn.service == "sts":
        passed = replace(passed, name=arn.resource.rpartition("/")[2])
    return found, passed


def _named(name: str, model: World, account: str | None) -> Role:
    named = {
        owner.id: owner.roles[name] for owner in model.accounts.values() if name in owner.roles
    }
    if account in named:
        return named[account]
    if len(named) > 1:
        arns = ", ".join(quote(role.arn, _LONGEST) for role in named.values())
        raise RequestError(
            "unknown-role",
            f"several accounts have a role {quote(name)}",
            hint=f"give its ARN: {arns}",
        )
    if not named:
        raise _unknown(name, model)
    return next(iter(named.values()))


def _unknown(text: str, model: World) -> RequestError:
    """Say that there is no such role, and which there are."""
    arns = sorted(role.arn for owner in model.accounts.values() for role in owner.roles.values())
    # ARNs are alike all the same, so names are compared; a role of the account that is meant wins.
    meant = find_arn(text)
    in_account = [arn for arn in arns if meant is not None and f":{meant.account}:" in arn]
    known = {arn.rpartition("/")[2]: arn for arn in (*arns, *in_account)}
    close = nearest(text.rpartition("/")[2], known)
    listed = ", ".join(quote(arn, _LONGEST) for arn in arns[:_LISTED])
    hint = f"roles of the world are {listed}" if arns else "the world has no roles"
    if close:
        hint = f"did you mean {quote(known[close], _LONGEST)}?"
    return RequestError("unknown-role", f"the world has no role {quote(text, _LONGEST)}", hint=hint)


def session_arn(role: Role, name: str | None) -> str:
    """The principal of a session; of one without a known name the ARN of the role."""
    if name is None:
        return role.arn
    return f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{name}"


def joined_session(before: Session, passed: Session, role: str) -> Session:
    """The session that a call yields: transitive tags and the source identity of the session before
    come along, and can't be replaced.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    check_transitive(passed)
    inherited = {key: before.tags[key] for key in before.tags if key in before.transitive_tags}
    _check_tags(inherited, passed.tags, role)
    identity = before.source_identity
    if identity is not None and passed.source_identity not in {None, identity}:
        raise RequestError(
            "source-identity-set-already",
            f"the source identity {quote(passed.source_identity or '')} can't be set when"
            f" {quote(role, _LONGEST)} is assumed: the caller's session has {quote(identity)}",
            hint="a source identity stays the same along a chain of roles",
        )
    return Session(
        name=passed.name,
        policies=passed.policies,
        tags={**inherited, **passed.tags},
        transitive_tags=(*inherited, *passed.transitive_tags),
        source_identity=identity if identity is not None else passed.source_identity,
    )


def _check_tags(inherited: Mapping[str, str], passed: Mapping[str, str], role: str) -> None:
    """Refuse to pass a tag that is inherited: the call would fail, whatever policies say."""
    taken = {key.lower() for key in inherited}
    for key in passed:
        if key.lower() in taken:
            raise RequestError(
                "transitive-tag-set-already",
                f"the session tag {quote(key)} can't be passed when {quote(role, _LONGEST)} is"
                " assumed: it is inherited from the caller's session",
                hint="transitive tags stay the same along a chain of roles",
            )
