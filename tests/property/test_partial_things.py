"""Laws of answers where other things than keys are unknown: accounts, sessions, whole layers.

What the residual says is held against the engine, asked about the whole request with the account,
the session's name and policies for the layers filled in, and against the oracle where it can be
asked the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given

from iamsim.core.decision import Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.engine import authorize
from iamsim.symbolic.completion import complete
from iamsim.symbolic.layers import LAYERS
from iamsim.symbolic.partial import answer
from iamsim.symbolic.unknowns import named_things, session_is_unnamed
from tests.oracle import decide as oracle_decides
from tests.property.test_against_oracle import question_of
from tests.property.test_partial import (
    TAPES,
    is_request,
    is_usual,
    opened,
    some_block_holds,
    some_keys,
    some_values,
)
from tests.property.vocabulary import MANAGEMENT, OUTSIDE, A, B
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.core.answer import Answer, Residual
    from iamsim.core.request import Request
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from tests.property.tape import Tape

Data = dict[str, Any]
ACCOUNTS = [A, B, OUTSIDE, MANAGEMENT, "444455556666", "222233334444", "111100001111"]
SESSIONS = ["s1", "s2", "s1x", "ci@example.com"]
WORDS = [None, "allow", "explicitDeny", "notApplicable", "implicitDeny"]
THINGS = ["resource-account"] * 4 + ["session-name"] * 4 + ["vpc-endpoint", *LAYERS]
COMPLETIONS = 5


def some_things(tape: Tape, question: Question, compiled: CompiledWorld) -> list[str]:
    """Choose what is unknown: one to three things, sometimes keys as well."""
    found = {tape.pick(THINGS) for _ in tape.times(3)}
    if tape.chance(40):
        found.update(some_keys(tape, question, compiled))
    return sorted(found)


def free(question: Question, tape: Tape) -> Question:
    """Take out of a question what would tell an account or a session's name."""
    # Without a caller's account to fall back on, somebody must say whose the resource is.
    if question.principal.startswith("arn:") and tape.chance(70):
        question = replace(question, resource_account=None)
    if tape.chance(70):
        question = replace(question, session=replace(question.session, name=None))
    names = {"aws:userid", "aws:resourceaccount"}
    context = {key: value for key, value in question.context.items() if key.lower() not in names}
    return replace(question, context=context) if tape.chance(85) else question


TEXTS = ["203.0.113.9", "198.51.100.7", "eu-west-1", "blue"]


def some_completion(tape: Tape, unknown: list[str], user_id: str | None) -> Data:
    """Choose a value for each unknown thing."""
    found: Data = {"policy-is-public": "true"} if tape.chance(50) else {}
    for name in unknown:
        if name == "resource-account":
            found["aws:ResourceAccount"] = tape.pick(ACCOUNTS)
        elif name == "session-name":
            found["aws:userid"] = f"{user_id or 'AROAAPP'}:{tape.pick(SESSIONS)}"
        elif name in LAYERS:
            word = tape.pick(WORDS)
            found |= {} if word is None else {name: word}
        elif name == "vpc-endpoint":
            found |= some_values(tape, "aws:SourceVpce")
            word = tape.pick(WORDS)
            found |= {} if word is None else {"vpc-endpoint-policy": word}
        elif name.lower() not in {"aws:resourceaccount", "aws:userid"}:
            found |= some_values(tape, name)
    return found


def sent_values(tape: Tape, request: Request, context: Data) -> Data:
    """Choose values for the keys that AWS sends with a request and that nobody said."""
    said = {key.lower() for key in context}
    found: Data = {}
    for key, sent in request.sent:
        if key in said:
            continue
        if sent.is_user_id:
            found[key] = f"{sent.role_id or 'AROAX'}:{sent.session_name or tape.pick(SESSIONS)}"
        elif sent.boolean:
            found[key] = tape.pick(["true", "false"])
        else:
            found[key] = "2026-06-01T12:00:00Z" if sent.is_moment else tape.pick(TEXTS)
    return found


def hold(world: Data | None, request: Data, tape: Tape) -> None:
    """Hold one case with things unknown against all that was promised."""
    asked, compiled = question_of(world, request)
    asked = free(asked, tape)
    unknown = some_things(tape, asked, compiled)
    question = opened(asked, unknown)
    got = answer(question, compiled)
    residual = got.residual
    assert (got.decision.verdict is Verdict.CONDITIONAL) is (residual is not None)
    unknowns = named_things(question)
    prepared = authorize.prepare(unknowns.question, compiled)
    for _ in range(COMPLETIONS):
        context = some_completion(tape, unknown, prepared.situation.caller.unique_id)
        if not unknowns.resource_account and "aws:ResourceAccount" not in unknown:
            context.pop("aws:ResourceAccount", None)
        unnamed = unknowns.session_name and session_is_unnamed(prepared.situation.caller)
        if not unnamed and "aws:userid" not in unknown:
            context.pop("aws:userid", None)
        if any(name in question.context or name in question.unset for name in context):
            continue
        context = {**sent_values(tape, prepared.request, context), **context}
        plausible = is_request(question, compiled, context)
        if residual is None and not plausible:
            continue
        decided = complete(question, context, compiled).decide()
        if residual is None:
            assert decided.allowed is got.allowed
            if got.decision.verdict is Verdict.EXPLICIT_DENY:
                assert decided.verdict is Verdict.EXPLICIT_DENY
        else:
            assert residual.holds(context) is decided.allowed
            check_blocks(got, context, plausible=plausible)
        check_oracle(world, request, question, context, allowed=decided.allowed)
    assert got.explanation is not None
    if residual is not None:
        check_words(got, residual)


def check_blocks(got: Answer, context: Data, *, plausible: bool) -> None:
    """The Condition blocks say what the residual says."""
    residual = got.residual
    assert residual is not None
    values = residual.asks.canonical(context)  # type: ignore[attr-defined]  # the real residual
    try:
        said = some_block_holds(residual, values)
    except UnsupportedError:
        return
    if plausible and is_usual(got, values):
        assert said is residual.holds(context)


def check_words(got: Answer, residual: Residual) -> None:
    """The examples were decided, the sentence can be said, and each layer says what it needs."""
    allowed, denied = residual.examples()
    assert residual.holds(allowed or {}) or allowed is None
    assert not residual.holds(denied or {}) or denied is None
    assert residual.sentence.startswith("allowed ")
    for layer in got.explanation.layers:
        if layer.residual is not None:
            assert layer.residual.allows or layer.residual.denies


def check_oracle(
    world: Data | None, request: Data, question: Question, context: Data, *, allowed: bool
) -> None:
    """Ask the oracle where only keys, the account and the session's name were unknown."""
    unknowns = named_things(question)
    if unknowns.layers or question.session.policies or "policies" in request.get("session", {}):
        return
    filled = {
        **{key: list(v) if isinstance(v, tuple) else v for key, v in question.context.items()},
        **dict.fromkeys(unknowns.question.unknown),
        **context,
    }
    filled.pop("policy-is-public", None)
    whole = {key: value for key, value in request.items() if key != "resource_account"}
    whole["context"] = filled
    session = {**request.get("session", {})}
    session.pop("name", None)
    if question.session.name is not None:
        session["name"] = question.session.name
    elif unknowns.session_name and "aws:userid" in context:
        session["name"] = context["aws:userid"].rpartition(":")[2]
    whole["session"] = session
    if question.resource_account is not None:
        whole["resource_account"] = question.resource_account
    elif unknowns.resource_account:
        whole["resource_account"] = context["aws:ResourceAccount"]
    assert (oracle_decides(whole, world)["decision"] == "allowed") is allowed


@given(cases(), TAPES)
def test_what_is_said_of_unknown_things_holds_in_worlds(
    case: tuple[Data, Data], tape: Tape
) -> None:
    """On a generated world, verdict, residual, blocks and examples agree with every completion."""
    hold(*case, tape)


@given(standalone_cases(), TAPES)
def test_what_is_said_of_unknown_things_holds_without_a_world(request: Data, tape: Tape) -> None:
    """The same for requests that bring their policies along."""
    hold(None, request, tape)
