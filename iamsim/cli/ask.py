"""From the options of `iamsim explain` to questions and the world they are asked in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.api.inputs import PolicyArguments, session_of
from iamsim.api.question import question_of
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.worlds import load_any
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import replace
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError, RequestError
from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.engine.context import TIME_KEYS
from iamsim.inputs.standard_input import standard_input
from iamsim.questions.names import principal_named, resource_named
from iamsim.suites.policies import PolicyReader, resource_policy_type

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.engine.question import ContextValue, Question
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import World

_JOIN = "+"
# What takes a policy that names principals, or that does not, instead.
_OTHER_OPTION = {
    ("missing-principal", "resource_policy"): "`--identity-policy`",
    ("missing-principal", "rcps"): "`--scp`",
    ("principal-not-allowed", "identity_policies"): "`--resource-policy`",
    ("principal-not-allowed", "boundary"): "`--resource-policy`",
    ("principal-not-allowed", "session_policies"): "`--resource-policy`",
    ("principal-not-allowed", "scps"): "`--rcp`",
}
_OPTION_NAMES = {option.field: option.names[-1] for option in EXPLAIN_OPTIONS}


def load_worlds(
    options: Options, *, on_demand: bool = False, callers: Iterable[str | None] = ()
) -> World | None:
    """Load and merge the worlds that the options name, with what they lay over them.

    `callers` are accounts, or ARNs, of whom a question that AWS wrote is about: theirs is the
    account of a plan or template that does not say its own, which is told.
    """
    quiet = bool(options.get("quiet"))

    def load(account: str | None) -> World | None:
        return load_any(
            options.texts("worlds"),
            overlays=options.texts("overlays"),
            quiet=quiet or account is not None,
            on_demand=on_demand,
            account=account,
        )

    model = load(None)
    if model is None or set(model.accounts) != {NO_ACCOUNT}:
        return model
    arns = [(caller, find_arn(caller)) for caller in callers if caller]
    accounts = {caller if arn is None else arn.account for caller, arn in arns}
    if len(accounts) != 1 or not is_account_id(account := accounts.pop()):
        return model
    line = f"nothing says which account the sources are for: {account}, the caller's, was taken"
    if "taken" in options:
        options["taken"] = (*options.texts("taken"), line)
    elif not quiet:
        sys.stderr.write(f"note: {line}\n")
    return load(account)


def questions_of(options: Options, world: World | None) -> tuple[Question, ...]:
    """Make one question of every pair of action and resource.

    Raises `RequestError` when the request is not complete, and what reading policies raises.
    """
    principal = options.text("principal")
    actions = options.texts("actions")
    if not principal:
        raise RequestError(
            "missing-principal",
            "the request has no principal",
            hint="give one with -p: an ARN, a service principal, or `anonymous`",
        )
    if not actions:
        raise RequestError(
            "missing-action",
            "the request has no action",
            hint="give one with -a, such as `-a s3:GetObject`",
        )
    principal = principal_named(principal, world)
    resources = [resource_named(text, world) for text in options.texts("resources") or ("*",)]
    via = {
        "vpc_endpoint": options.text("via_endpoint"),
        "service": options.texts("via_services"),
    }
    base = question_of(
        principal=principal,
        action=actions[0],
        resource=resources[0],
        context=context_of(options.texts("context")),
        unset=_keys_of(options, "unset"),
        session=_session(options),
        via=via if any(via.values()) else None,
        unknown=_keys_of(options, "unknown"),
        partial=bool(options["partial"]),
        resource_account=_account(options.text("resource_account")),
        policies=_attached(options, world, principal, actions[0], resources[0]),
        at=time_of(options.text("at")),
    )
    return base.with_pairs(actions, resources)


def _account(text: str | None) -> str | None:
    """An account id; raises `RequestError` for anything else."""
    if text is not None and not is_account_id(text):
        raise RequestError(
            "invalid-account-id",
            f"`{text}` is not the id of an account",
            hint="write its twelve digits: --resource-account 111122223333",
        )
    return text


def _keys_of(options: Options, field: str) -> frozenset[str]:
    """The context keys of an option; a shell variable that was never set makes an empty one."""
    keys = frozenset(options.texts(field))
    if "" in keys:
        raise RequestError(
            "empty-key",
            f"the option `--{field}` has an empty key",
            hint="name a context key, such as `aws:SourceIp`",
        )
    return keys


def with_time(question: Question, answer: Answer) -> Question:
    """Add the time to a question where a policy asks for it and nobody gave it: the engine has no
    clock."""
    keys = answer.decision.missing_context
    if keys is None:
        keys = tuple(missing.key for missing in answer.explanation.missing)
    if question.now is not None or {key.lower() for key in keys}.isdisjoint(TIME_KEYS):
        return question
    return timed(question)


def timed(question: Question) -> Question:
    """Add the time to a question that has none; answers show it only where a policy reads it."""
    if question.now is not None:
        return question
    from datetime import UTC, datetime

    return replace(question, now=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def denied_text(options: Options) -> str:
    """The text of `--denied`, read from standard input where it is `-`."""
    text = options.text("denied") or ""
    return standard_input().decode("utf-8", "replace") if text == "-" else text


def read_policy(
    reference: str, world: World | None, question: Question, policy_type: PolicyType
) -> Policy:
    """Read a policy that `--with-policy` names, as the other options about policies do."""
    arn = find_arn(question.principal)
    reader = PolicyReader("", world, arn.account if arn is not None else None)
    return _read(reader, reference, "with_policies", policy_type)


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise RequestError(
            "missing-equals-sign",
            f"`{text}` is not of the form KEY=VALUE",
            hint=f"write `{option} KEY=VALUE`; `{option} KEY=` is the empty text",
        )
    return key, value


def context_of(pairs: Sequence[str]) -> dict[str, ContextValue]:
    """Collect context keys; a repeated key (in any letter case) has several values."""
    values: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for text in pairs:
        key, value = _pair(text, "-c")
        values.setdefault(spelled.setdefault(key.lower(), key), []).append(value)
    return {key: found[0] if len(found) == 1 else tuple(found) for key, found in values.items()}


def _session(options: Options) -> dict[str, object] | None:
    """How the caller's session was made, as far as options say it."""
    told: dict[str, object] = {
        "name": options.text("session_name"),
        "tags": dict(_pair(text, "--session-tag") for text in options.texts("session_tags")),
        "transitive_tags": options.texts("transitive_tags"),
        "source_identity": options.text("source_identity"),
        "credentials": options.text("credentials"),
    }
    if told["transitive_tags"]:
        from iamsim.query.assumptions import check_transitive

        check_transitive(session_of(told))
    return told if any(told.values()) else None


def time_of(text: str | None) -> str | None:
    """Read a time, and write it as AWS does: in UTC, which it is as well where no zone is given."""
    if text is None:
        return None
    from datetime import UTC, datetime

    try:
        time = datetime.fromisoformat(text)
        zoned = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RequestError(
            "invalid-time",
            f"`{text}` is not a time in ISO 8601",
            hint="write it as 2026-11-24T10:00:00Z",
        ) from error
    return zoned.strftime("%Y-%m-%dT%H:%M:%SZ")


def _attached(
    options: Options, world: World | None, principal: str, action: str, resource: str
) -> PolicyArguments:
    arn = find_arn(principal)
    reader = PolicyReader("", world, arn.account if arn is not None else None)

    def one(field: str, policy_type: PolicyType) -> Policy | None:
        reference = options.text(field)
        return None if reference is None else _read(reader, reference, field, policy_type)

    def some(field: str, policy_type: PolicyType) -> tuple[Policy, ...] | None:
        levels = _levels(reader, options.texts(field), field, policy_type)
        return None if levels is None else tuple(policy for level in levels for policy in level)

    given: PolicyArguments = {
        "identity_policies": some("identity_policies", PolicyType.IDENTITY),
        "resource_policy": one("resource_policy", resource_policy_type(action, resource)),
        "boundary": one("boundary", PolicyType.PERMISSIONS_BOUNDARY),
        "session_policies": some("session_policies", PolicyType.SESSION),
        "scps": _levels(reader, options.texts("scps"), "scps", PolicyType.SERVICE_CONTROL),
        "rcps": _levels(reader, options.texts("rcps"), "rcps", PolicyType.RESOURCE_CONTROL),
        "vpce_policies": some("vpce_policies", PolicyType.VPC_ENDPOINT),
    }
    return given if any(entry is not None for entry in given.values()) else {}


def _levels(
    reader: PolicyReader, references: Sequence[str], field: str, policy_type: PolicyType
) -> tuple[tuple[Policy, ...], ...] | None:
    """Read the policies of an option: one level for each time it was given."""
    if not references:
        return None
    return tuple(
        tuple(_read(reader, part, field, policy_type) for part in _parts(reference))
        for reference in references
    )


def _parts(reference: str) -> list[str]:
    """`F+F` names two policies, unless it is inline JSON, or a file of that very name."""
    if _JOIN not in reference or reference.lstrip().startswith(("{", "[")):
        return [reference]
    import os

    if os.path.exists(reference):  # noqa: PTH110 - pathlib costs start-up time
        return [reference]
    head, _, rest = reference.partition(_JOIN)
    return [head, *_parts(rest)]


def _read(reader: PolicyReader, reference: str, field: str, policy_type: PolicyType) -> Policy:
    try:
        if reference == "-":
            return reader.text(standard_input(), "standard input", policy_type)
        return reader.named(reference, policy_type, name=_OPTION_NAMES[field])
    except PolicyError as error:
        other = _OTHER_OPTION.get((error.code, field))
        if other is not None:
            error.hint = f"{error.hint}; or was {other} meant?"
        raise
