"""Arguments of the Python interface, brought into the form that the engine asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import Any, TypedDict

from iamsim.api.kept import PolicyInput, known_stack, read_policy
from iamsim.core.arn import is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.request import ContextValue
from iamsim.engine.question import (
    DIRECT_CALL,
    NOTHING_ATTACHED,
    PLAIN_SESSION,
    AttachedPolicies,
    Session,
    Via,
)
from iamsim.syntax.ast import Policy

__all__ = [
    "ContextInput",
    "LevelsInput",
    "PoliciesInput",
    "PolicyArguments",
    "PolicyInput",
    "SourceArguments",
    "attached_policies",
    "check_account",
    "check_texts",
    "context_values",
    "names_of",
    "now",
    "session_of",
    "via_of",
]

PoliciesInput = Iterable[PolicyInput]
LevelsInput = Iterable[PoliciesInput]
ContextInput = Mapping[str, object]


class SourceArguments(TypedDict, total=False):
    """What `iamsim.import_sources` takes for plans and templates."""

    account: str | None
    region: str | None
    parameters: dict[str, str]
    exports: dict[str, str]
    stack: str | None


class PolicyArguments(TypedDict, total=False):
    """The arguments that bring policies: documents, texts or `Policy`.

    `scps` and `rcps` are levels, root first, each a list of policies. A layer left out does not
    exist.
    """

    identity_policies: PoliciesInput | None
    resource_policy: PolicyInput | None
    boundary: PolicyInput | None
    session_policies: PoliciesInput | None
    scps: LevelsInput | None
    rcps: LevelsInput | None
    vpce_policies: PoliciesInput | None
    public_access_block: Mapping[str, bool] | None


def check_texts(**given: object) -> None:
    """Refuse what has to be a text and is none: a list of actions, say, or an account as a number.

    Raises `RequestError`, which names the argument.
    """
    for name, value in given.items():
        if not isinstance(value, str):
            hint = (
                "ask a question for each"
                if isinstance(value, list | tuple | set | frozenset)
                else None
            )
            raise RequestError(
                "wrong-type", f"`{name}` must be a text, not {_kind_of(value)}", hint=hint
            )


def check_account(text: str | None) -> None:
    """Refuse what is given for the account of a resource and is no account id."""
    if text is None:
        return
    check_texts(resource_account=text)
    if not is_account_id(text):
        raise RequestError(
            "invalid-account-id",
            f"`{text}` is not the id of an account",
            hint="write its twelve digits as a text",
        )


def names_of(names: Iterable[str]) -> frozenset[str]:
    """Names, of keys for example; one name alone is a list of one."""
    return frozenset((names,) if isinstance(names, str) else names)


def context_values(context: ContextInput | None) -> dict[str, ContextValue]:
    """Bring context values into AWS's form: texts, or tuples of texts for several values."""
    if context is not None and not isinstance(context, dict):
        _check_mapping("context", context)
    return {
        key: value if value.__class__ is str else _context_value(value)
        for key, value in (context or {}).items()
    }


def _context_value(value: object) -> ContextValue:
    """One value, or several."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return tuple(_text(member) for member in members)
    return _text(value)


def _text(value: object) -> str:
    """A scalar as AWS writes it; raises `RequestError` for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise RequestError(
        "invalid-context-value",
        f"`{value!r}` can't be the value of a context key",
        hint="give a string, a number, a boolean, a date, or a list of these",
    )


def session_of(session: Mapping[str, Any] | None) -> Session:
    """Read how the caller's session was made."""
    if not session:
        return PLAIN_SESSION
    _check_names("session", session, SESSION_NAMES)
    policies = session.get("policies")
    return Session(
        session.get("name"),
        _policies(policies, PolicyType.SESSION, "session policies"),
        dict(_check_mapping("session['tags']", session.get("tags") or {})),
        texts_of(session.get("transitive_tags") or ()),
        session.get("source_identity"),
        session.get("source_user"),
        session.get("credentials"),
    )


def via_of(via: Mapping[str, Any] | None) -> Via:
    """Read the way that the request came."""
    if not via:
        return DIRECT_CALL
    _check_names("via", via, VIA_NAMES)
    return Via(via.get("vpc_endpoint"), texts_of(via.get("service") or ()))


def texts_of(given: str | Iterable[str]) -> tuple[str, ...]:
    """Several texts; one text alone is a list of one."""
    return (given,) if isinstance(given, str) else tuple(given)


SESSION_NAMES = (
    "credentials",
    "name",
    "policies",
    "source_identity",
    "source_user",
    "tags",
    "transitive_tags",
)
VIA_NAMES = ("service", "vpc_endpoint")


def _check_names(
    what: str, given: Mapping[str, Any], told: tuple[str, ...], known: Collection[str] = ()
) -> None:
    """Refuse names that nobody reads."""
    for name in _check_mapping(what, given):
        if name not in (known or told):
            raise RequestError(
                "unknown-argument",
                f"`{name}` is no part of `{what}`",
                hint=f"its parts are {', '.join(told)}",
            )


def _check_mapping(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give back a map, and refuse anything else."""
    if not isinstance(given, Mapping):
        raise RequestError(
            "wrong-type", f"`{name}` must be a map of names and values, not {_kind_of(given)}"
        )
    return given


def _kind_of(value: object) -> str:
    from iamsim.syntax.problem import kind_of

    if value is None:
        return "nothing"
    return "a list" if isinstance(value, tuple | set | frozenset) else kind_of(value)


def _block_settings(given: Mapping[str, bool] | None) -> Mapping[str, bool] | None:
    """Settings of S3 Block Public Access, by the names of worlds or by those of AWS.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    """
    if given is None:
        return None
    from iamsim.world.records import PUBLIC_ACCESS_BLOCK

    known = PUBLIC_ACCESS_BLOCK.by_name
    _check_names("public_access_block", given, tuple(PUBLIC_ACCESS_BLOCK.fields), known)
    for name, on in given.items():
        if not isinstance(on, bool):
            raise RequestError("wrong-type", f"`{name}` must be true or false, not {_kind_of(on)}")
    return {known[name].name: on for name, on in given.items()}


def attached_policies(given: PolicyArguments, *, is_trust: bool) -> AttachedPolicies:
    """The policies of a question, each read as what it is used for; raises `PolicyError`."""
    if not given:
        return NOTHING_ATTACHED
    if not given.keys() <= PolicyArguments.__annotations__.keys():
        _check_names("the policies", given, tuple(PolicyArguments.__annotations__))
    return known_stack(given, is_trust=is_trust, read=lambda: _read_stack(given, is_trust=is_trust))


def _read_stack(given: PolicyArguments, *, is_trust: bool) -> AttachedPolicies:
    """Read policies that were not given before."""
    resource_type = PolicyType.TRUST if is_trust else PolicyType.RESOURCE
    return AttachedPolicies(
        identity_policies=_policies(
            given.get("identity_policies", ()), PolicyType.IDENTITY, "identity_policies"
        ),
        resource_policy=_policy(given.get("resource_policy"), resource_type, "resource_policy"),
        boundary=_policy(given.get("boundary"), PolicyType.PERMISSIONS_BOUNDARY, "boundary"),
        session_policies=_policies(
            given.get("session_policies"), PolicyType.SESSION, "session_policies"
        ),
        scps=_levels(given.get("scps"), PolicyType.SERVICE_CONTROL, "scps"),
        rcps=_levels(given.get("rcps"), PolicyType.RESOURCE_CONTROL, "rcps"),
        vpce_policies=_policies(
            given.get("vpce_policies"), PolicyType.VPC_ENDPOINT, "vpce_policies"
        ),
        public_access_block=_block_settings(given.get("public_access_block")),
    )


def _policy(policy: PolicyInput | None, policy_type: PolicyType, name: str) -> Policy | None:
    """Parse one policy, where there is one."""
    return None if policy is None else read_policy(policy, name, policy_type)


def _policies(
    policies: PoliciesInput | None, policy_type: PolicyType, name: str
) -> tuple[Policy, ...] | None:
    """Parse policies, named by their argument and number; one policy alone is a list of one."""
    if policies is None:
        return None
    several = [policies] if isinstance(policies, str | bytes | Mapping | Policy) else policies
    return tuple(
        read_policy(policy, f"{name}[{number}]", policy_type)
        for number, policy in enumerate(several)
    )


def _levels(
    levels: LevelsInput | None, policy_type: PolicyType, name: str
) -> tuple[tuple[Policy, ...], ...] | None:
    if levels is None:
        return None
    return tuple(
        _policies(policies, policy_type, f"{name}[{number}]") or ()
        for number, policies in enumerate(levels)
    )


def now() -> str:
    """The time of asking, in whole seconds."""
    return _second(int(time()))


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    """Write a second since 1970 as a date; the same second is not written twice."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
