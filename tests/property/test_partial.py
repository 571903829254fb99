"""Laws of partial answers: what is said with keys unknown is true for every value of those keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim.compile.condition import compile_condition
from iamsim.core.decision import Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.core.span import Source
from iamsim.engine import authorize
from iamsim.report.data import answer_to_dict
from iamsim.symbolic.influence import influencing_keys
from iamsim.symbolic.lists import listed_keys
from iamsim.symbolic.partial import answer
from iamsim.syntax.ast import Condition, Value
from tests.oracle import decide as oracle_decides
from tests.property.rarities import rare_cases
from tests.property.sent import sent_values
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of
from tests.property.vocabulary import DERIVED, GIVEN, KEYS, RARE
from tests.property.worlds import cases, standalone_cases

if TYPE_CHECKING:
    from iamsim.core.answer import Answer, Residual
    from iamsim.engine.question import ContextValue, Question
    from iamsim.engine.world import CompiledWorld

Data = dict[str, Any]
Context = dict[str, Any]
ODD = ["", "x", "true", "10", "2001:db8::7", "arn:aws:s3:::x:y", "blue", "*"]
COMPLETIONS = 6
TAPES = st.binary(min_size=80, max_size=80).map(Tape)


def text(value: Any) -> str:
    """Give a value as AWS writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def some_keys(tape: Tape, question: Question, compiled: CompiledWorld) -> list[str]:
    """Choose one to five keys to be unknown: those that statements read, and a few others."""
    names = {name.lower(): name for name in [*GIVEN, *DERIVED, *RARE]}
    keys = [key.key.lower() for key in influencing_keys(question, compiled)]
    read = [names[key] for key in keys if key in names]
    pool = [*read, *read, *read, *read, *GIVEN, *DERIVED]
    return sorted({tape.pick(pool) for _ in tape.times(5)})


def some_values(tape: Tape, key: str) -> Context:
    """Choose a value for a key: absent, of the vocabulary or the policies, odd, or a list."""
    if tape.chance(25):
        return {}
    _, requested, in_policies = {**KEYS, **RARE}.get(key, ("String", ["blue"], ["blue"]))
    flat = [
        text(entry)
        for value in requested
        for entry in (value if isinstance(value, list) else [value])
    ]
    pool = [*flat, *flat, *(text(value) for value in in_policies), *ODD]
    if tape.chance(12):
        return {key: [tape.pick(pool) for _ in range(tape.byte() % 4)]}
    return {key: tape.pick(pool)}


def is_request(question: Question, compiled: CompiledWorld, context: Context) -> bool:
    """Say whether lists stand only for keys that AWS calls multivalued or a set operator reads."""
    prepared = authorize.prepare(question, compiled)
    listed = listed_keys(prepared.situation, prepared.request.action)
    return all(
        not isinstance(value, list)
        or key.lower() in listed
        or {**KEYS, **RARE}.get(key, ("",))[0] == "Many"
        for key, value in context.items()
    )


def completed(question: Question, unknown: list[str], context: Context) -> Question:
    """Fill the unknown keys of a question in; those without a value are absent."""
    given_ = {key.lower() for key in context}
    values: dict[str, ContextValue] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in context.items()
    }
    return replace(
        question,
        context={**question.context, **values},
        unset=frozenset(key for key in unknown if key.lower() not in given_),
        unknown=frozenset(),
    )


def opened(question: Question, unknown: list[str]) -> Question:
    """Take the unknown keys out of what a question gives."""
    names = {key.lower() for key in unknown}
    context = {key: value for key, value in question.context.items() if key.lower() not in names}
    return replace(question, context=context, unknown=frozenset(unknown))


def oracle_allows(world: Data | None, request: Data, unknown: list[str], context: Context) -> bool:
    """Ask the oracle about a completion; for it, a key without a value is absent."""
    names = {key.lower() for key in unknown}
    given_ = request.get("context", {})
    kept = {key: value for key, value in given_.items() if key.lower() not in names}
    filled = {**kept, **dict.fromkeys(unknown), **context}
    answered = oracle_decides({**request, "context": filled}, world)
    return bool(answered["decision"] == "allowed")


def some_block_holds(residual: Residual, context: Context) -> bool:
    """Evaluate the residual's Condition blocks as those of a policy would be."""
    source = Source("residual", "")
    values = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in context.items()
    }
    return any(
        all(
            compile_condition(
                Condition(operator, key, tuple(Value(entry, ()) for entry in texts), ()),
                source,
                with_variables=True,
            ).test(values)
            for operator, keys in block.items()
            for key, texts in keys.items()
        )
        for block in residual.to_condition()
    )


def is_usual(answer_: Answer, context: Context) -> bool:
    """Whether a completion is one that AWS would send, as the residual sees its keys."""
    residual = answer_.residual
    assert residual is not None
    point = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in context.items()
    }
    return all(
        region.is_usual({key: value for key, value in point.items() if key in region.keys})
        for region in residual.solution.encoding.regions
    )


def hold(world: Data | None, request: Data, tape: Tape) -> None:
    """Hold one case with some keys unknown, and those that AWS sends, against all that was
    promised."""
    asked, compiled = question_of(world, request)
    unknown = some_keys(tape, asked, compiled) if tape.chance(70) else []
    question = opened(asked, unknown)
    got = answer(question, compiled)
    assert got.explanation is not None
    residual = got.residual
    assert (got.decision.verdict is Verdict.CONDITIONAL) is (residual is not None)
    for _ in range(COMPLETIONS):
        context = {key: value for name in unknown for key, value in some_values(tape, name).items()}
        context = {**sent_values(tape, world, request, unknown), **context}
        plausible = is_request(question, compiled, context)
        if residual is None and not plausible:
            continue
        decided = authorize.decide(completed(question, unknown, context), compiled)
        if residual is None:
            assert decided.allowed is got.allowed
            if got.decision.verdict is Verdict.EXPLICIT_DENY:
                assert decided.verdict is Verdict.EXPLICIT_DENY
        else:
            assert residual.holds(context) is decided.allowed
            check_blocks(got, context, one_each=plausible)
        assert oracle_allows(world, request, unknown, context) is decided.allowed
    if residual is not None:
        check_examples(residual, question, unknown, compiled)


def check_blocks(got: Answer, context: Context, *, one_each: bool) -> None:
    """The Condition blocks say what the residual says, for every value that AWS sends."""
    residual = got.residual
    assert residual is not None
    try:
        said = some_block_holds(residual, context)
    except UnsupportedError as error:
        assert error.code in {"residual-without-condition", "residual-too-large"}  # noqa: PT017
        return
    if (one_each and residual._written(usual=False)[1]) or is_usual(got, context):
        assert said is residual.holds(context)


def check_examples(
    residual: Any, question: Question, unknown: list[str], compiled: CompiledWorld
) -> None:
    """The examples are decided as they say, and where simplification was complete there are two."""
    examples = residual.examples()
    for context, wanted in ((examples.allowed, True), (examples.denied, False)):
        if context is None:
            assert not residual.simplified
        else:
            whole = completed(question, unknown, context)
            assert authorize.decide(whole, compiled).allowed is wanted
    assert residual.sentence.startswith("allowed ")


@given(cases(), TAPES)
def test_what_is_said_of_worlds_holds_for_every_completion(
    case: tuple[Data, Data], tape: Tape
) -> None:
    """On a generated world, verdict, residual, blocks and examples agree with every completion."""
    hold(*case, tape)


@given(rare_cases(), TAPES)
def test_what_is_said_of_rare_things_holds_for_every_completion(
    case: tuple[Data, Data], tape: Tape
) -> None:
    """The same on worlds with access points, gateway endpoints, root sessions, grants and more."""
    hold(*case, tape)


@given(standalone_cases(), TAPES)
def test_what_is_said_of_requests_holds_for_every_completion(request: Data, tape: Tape) -> None:
    """The same without a world."""
    hold(None, request, tape)


@given(cases())
def test_with_nothing_unknown_the_answer_is_the_plain_one(case: tuple[Data, Data]) -> None:
    """Without unknown keys, the partial answer is the plain answer, clause by clause."""
    question, compiled = question_of(*case)
    awaited = authorize.prepare(question, compiled).request.unknown
    question = replace(question, unset=question.unset | awaited)
    plain, partial = authorize.explain(question, compiled), answer(question, compiled)
    assert partial.residual is None
    assert answer_to_dict(partial) == answer_to_dict(plain)


@given(cases(), TAPES)
def test_a_missing_key_that_does_not_matter_changes_nothing(
    case: tuple[Data, Data], tape: Tape
) -> None:
    """Where a missing key is said not to matter, no value of it gives another verdict."""
    question, compiled = question_of(*case)
    got = answer(question, compiled)
    for missing in got.explanation.missing:
        if not missing.matters:
            for _ in range(3):
                written = next((name for name in KEYS if name.lower() == missing.key), missing.key)
                context = some_values(tape, written)
                if not is_request(question, compiled, context):
                    continue
                decided = authorize.decide(completed(question, [written], context), compiled)
                assert decided.verdict is got.decision.verdict
