"""Claims: what must never be possible in a world, and what a change may not open.

The format is that of ``docs/reference/claims.md``. The parts that policies have too (actions,
resources, conditions) are read and compiled as a policy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim import catalog
from iamsim.compile.policy import compile_policy
from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.engine.callers import SERVICE
from iamsim.engine.services.logs import names_in_policies
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement

KINDS = ("anonymous", "federated", "role", "root", "service", "user")
PARTS = ("principal", "action", "resource", "condition")
FLAGS = ("future", "resources", "services")
MEMBERS = ("name", "about", "never", "unless", "no_new_access", *FLAGS)
FLAG_TEXTS = {"true": True, "false": False}
OUTSIDES = ("account", "organization")


class Who(NamedTuple):
    """Whom a claim is about: one of `kind` ``pattern``, ``session``, ``service``, ``account``,
    ``caller`` (a kind of caller), ``outside``, ``except`` and ``any`` (of `members`), with its
    `text`."""

    kind: str
    text: str = ""
    members: tuple[Who, ...] = ()


EVERYBODY = Who("everybody")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. `about` is the statement of its actions, resources and condition; no request that
    it covers may be allowed unless one of `unless` holds. With `no_new_access` only what the world
    before did not allow counts. `future`, `any_resources` and `services` widen what is asked about;
    with `listed_only` it is about actions that the service reference lists. With `always` it is
    the other way round: no request that it covers may be denied, of callers to the resources of
    their own account, through none of the world's VPC endpoints.
    """

    name: str
    who: Who
    about: CompiledStatement
    unless: tuple[CompiledStatement, ...] = ()
    no_new_access: bool = False
    future: bool = False
    any_resources: bool = False
    services: bool = False
    listed_only: bool = False
    always: bool = False


def parse_claims(data: object, *, file: str = "claims") -> tuple[Claim, ...]:
    """Read the claims of a file, given as plain data; raises `RequestError`."""
    if not isinstance(data, Mapping) or not isinstance(data.get("claims"), Sequence):
        raise RequestError("invalid-claims", f"{file}: a file of claims has a list `claims`")
    found = data["claims"]
    if isinstance(found, str) or not found:
        raise RequestError("invalid-claims", f"{file}: `claims` is a list of at least one claim")
    _check_members(data, ("about", "claims"), f"{file}: the file")
    return tuple(parse_claim(claim, number=number) for number, claim in enumerate(found, start=1))


def parse_claim(data: object, *, number: int = 1) -> Claim:
    """Read one claim, given as plain data; raises `RequestError` for what it can't be, and
    `PolicyError` for a condition that no policy could have."""
    if not isinstance(data, Mapping):
        raise RequestError("invalid-claim", f"claim {number} is not a mapping")
    name = data.get("name", f"claim {number}")
    if not isinstance(name, str):
        raise RequestError("invalid-claim", f"the name of claim {number} is not a text")
    where = f"claim {quote(name)}"
    _check_members(data, MEMBERS, where)
    opens = data.get("no_new_access", False)
    if isinstance(opens, str | bool):
        opens = _flag(data, "no_new_access", where)
    if ("never" in data) is bool(opens):
        raise RequestError(
            "invalid-claim",
            f"{where} has neither `never` nor `no_new_access`"
            if "never" not in data
            else f"{where} has both `never` and `no_new_access`",
            hint="write the actions, resources and principals of `no_new_access` under it",
        )
    asked = data.get("never", {} if opens is True else opens)
    if not isinstance(asked, Mapping):
        raise RequestError("invalid-claim", f"{where}: what must never be is a mapping")
    _check_members(asked, (*PARTS, *FLAGS), where)
    flags = {**{key: data[key] for key in FLAGS if key in data}, **asked}
    about = statement_about(
        asked.get("action", "*"), asked.get("resource", "*"), asked.get("condition"), where
    )
    return Claim(
        name,
        EVERYBODY if "principal" not in asked else read_who(asked["principal"], where),
        about,
        tuple(statement_about("*", "*", block, where) for block in _blocks(data, where)),
        bool(opens),
        _flag(flags, "future", where),
        _any_resources(flags, where),
        _flag(flags, "services", where),
    )


def _check_members(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse members that mean nothing."""
    for key in data:
        if key not in known:
            raise RequestError(
                "invalid-claim",
                f"{where} has an unknown member {quote(str(key))}",
                hint=did_you_mean(str(key), known) or f"it takes {', '.join(known)}",
            )


def _flag(data: Mapping[str, Any], key: str, where: str) -> bool:
    """A member that is true or false; files of claims hold texts."""
    value = FLAG_TEXTS.get(str(data.get(key, False)).lower())
    if value is None:
        raise RequestError("invalid-claim", f"{where}: `{key}` is true or false")
    return value


def _any_resources(data: Mapping[str, Any], where: str) -> bool:
    """Whether resources of strangers are asked about too."""
    value = data.get("resources")
    if value not in (None, "any", "own"):
        raise RequestError("invalid-claim", f"{where}: `resources` is `any` or `own`")
    return value == "any"


def _blocks(data: Mapping[str, Any], where: str) -> list[Any]:
    """The conditions of `unless`: one of them is enough."""
    value = data.get("unless", [])
    blocks = [value] if isinstance(value, Mapping) else value
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise RequestError("invalid-claim", f"{where}: `unless` is a list of conditions")
    return blocks


def statement_about(
    action: object,
    resource: object,
    condition: object,
    where: str,
    *,
    all_but: bool = False,
    any_names: bool = False,
) -> CompiledStatement:
    """Compile actions, resources and a condition as a statement that allows them; with `all_but`
    the statement is about all other actions, with `any_names` of any that there are."""
    element = "NotAction" if all_but else "Action"
    meant = [resource] if isinstance(resource, str) else resource
    if isinstance(meant, list):
        meant = [name for text in meant for name in names_in_policies(str(text))]
    statement: dict[str, object] = {"Effect": "Allow", element: action, "Resource": meant}
    if condition is not None:
        statement["Condition"] = condition
    document = {"Version": "2012-10-17", "Statement": statement}
    policy = parse_policy(document, name=where, policy_type=PolicyType.IDENTITY)
    made = compile_policy(policy, PolicyType.IDENTITY, name=where).statements[0]
    if not all_but and not any_names:
        _check_actions(made, where)
    return made


def _check_actions(about: CompiledStatement, where: str) -> None:
    """Refuse an action that the reference does not know: the claim would hold for nothing."""
    for pattern in about.actions.patterns:
        if not catalog.expand(pattern.pattern):
            close = catalog.suggest_action(pattern.pattern)
            raise RequestError(
                "unknown-action",
                f"{where}: no action {quote(pattern.pattern)} is known",
                hint=f"did you mean `{close[0]}`?" if close else None,
            )


def read_who(data: object, where: str) -> Who:
    """Read whom a claim is about; raises `RequestError`."""
    if isinstance(data, str):
        return _who_by_text(data, where)
    if isinstance(data, Mapping) and len(data) == 1:
        ((key, value),) = data.items()
        match key:
            case "account" if is_account_id(str(value)):
                return Who("account", str(value))
            case "outside" if value in OUTSIDES:
                return Who("outside", str(value))
            case "except":
                values = [value] if isinstance(value, str | Mapping) else value
                if isinstance(values, list):
                    return Who("except", members=tuple(read_who(value, where) for value in values))
            case _:
                pass
    elif isinstance(data, list) and data:
        return Who("any", members=tuple(read_who(entry, where) for entry in data))
    raise RequestError(
        "invalid-claim",
        f"{where}: this is no principal: {quote(str(data))}",
        hint="give an ARN or a pattern, a kind of caller, or a mapping of `account`, `outside`"
        " (`organization` or `account`) or `except`",
    )


def _who_by_text(text: str, where: str) -> Who:
    """A principal given as text."""
    if text == "*":
        return EVERYBODY
    if text in KINDS:
        return Who("caller", text)
    if text.startswith("arn:"):
        return Who("session" if ":assumed-role/" in text else "pattern", text)
    if is_account_id(text):
        return Who("account", text)
    if SERVICE.fullmatch(text):
        return Who("service", text)
    raise RequestError(
        "invalid-claim",
        f"{where}: {quote(text)} names no principal",
        hint=did_you_mean(text, KINDS) or f"kinds are {', '.join(KINDS)}",
    )
