"""The laws that hold the readings of matchers and decisions together (see ``tests/README.md``)."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

import iamsim
from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.compile.residual import term_holds
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.request import CallerKind
from iamsim.core.wildcard import Wildcard, compile_tokens, example_of, match_tokens, tokenize
from iamsim.engine import authorize
from iamsim.engine.terms import decision_terms
from iamsim.report.data import answer_to_dict
from iamsim.syntax.operators import OPERATORS
from iamsim.syntax.read import parse_policy
from tests.property import vocabulary
from tests.property.tape import Tape, built
from tests.property.test_against_oracle import question_of
from tests.property.vocabulary import KEYS, NAMES
from tests.property.worlds import (
    PLAIN,
    cases,
    focus_of,
    policies,
    request_of,
    standalone_cases,
    statements,
)

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request
    from iamsim.engine.authorize import Prepared

Data = dict[str, Any]
Pair = tuple[Data, str, Data]  # a statement, the kind of its policy, a request that it may be about

POLICY_TYPES = {"identity": PolicyType.IDENTITY, "resource": PolicyType.RESOURCE}
LISTS_OF_POLICIES = ("identity_policies", "session_policies", "vpce_policies", "policies")
POLICIES = (*LISTS_OF_POLICIES, "resource_policy", "boundary", "scps", "rcps", "trust", "policy")


def make_pair(ask: Tape, written: Tape) -> Pair:
    """Make a statement and a request from one focus, so that they often fit."""
    focus, kind, _ = focus_of(ask, standalone=True)
    request = {"resource": focus.resource, **request_of(ask, focus, kind)}
    policy_kind = written.pick(["identity", "resource"])
    return vocabulary.statement(written, focus, policy_kind), policy_kind, request


PAIRS = built(make_pair, 120, 60)


def compiled_policies(documents: list[Data], kind: str) -> PolicySet:
    """Compile documents of one kind as one set."""
    policy_type = POLICY_TYPES[kind]
    return PolicySet(
        tuple(
            compile_policy(parse_policy(document, policy_type=policy_type), policy_type)
            for document in documents
        )
    )


def compiled(statement: Data, kind: str = "identity") -> CompiledStatement:
    """Compile a statement alone."""
    document = {"Version": "2012-10-17", "Statement": statement}
    return compiled_policies([document], kind).policies[0].statements[0]


def prepared(request: Data, world: Data | None = None) -> Prepared:
    """Make a generated question ready: its caller found, its context derived."""
    return authorize.prepare(*question_of(world, request))


def made(pair: Pair) -> tuple[CompiledStatement, Request]:
    """Bring a generated pair into the form that matchers take."""
    statement, kind, request = pair
    return compiled(statement, kind), prepared(request).request


def verdict(request: Data, world: Data | None = None) -> Verdict:
    """Decide a generated question."""
    return authorize.decide(*question_of(world, request)).verdict


# --- matchers: one meaning, several readings -------------------------------------------------


@given(PAIRS)
def test_explaining_a_statement_says_whether_it_matches(pair: Pair) -> None:
    """The explanation of a statement, and of each clause list, agrees with the fast reading."""
    statement, request = made(pair)
    explanation = statement.explain(request)
    assert explanation.matched is statement.matches(request)
    assert explanation.matched is all(holds for _, holds in explanation.elements)


@given(PAIRS)
def test_what_is_left_of_a_plan_says_the_same(pair: Pair) -> None:
    """Action and principal decided beforehand, then the rest: that is the whole statement."""
    statement, request = made(pair)
    rest = statement.test_of_resource_and_conditions()
    by_parts = statement.actions.covers(request.action) and statement.concerns(request.caller)
    assert (by_parts and (rest is None or rest(request))) is statement.matches(request)


@given(PAIRS)
def test_with_nothing_unknown_the_residual_is_the_answer(pair: Pair) -> None:
    """A statement that reads no unknown key leaves no residual."""
    statement, request = made(pair)
    assert statement.residual(request) is statement.matches(request)


@given(PAIRS, st.binary(min_size=40, max_size=40).map(Tape))
def test_a_residual_holds_where_the_completed_request_matches(pair: Pair, tape: Tape) -> None:
    """Whatever values unknown keys turn out to have, the residual foretold the answer."""
    statement, request = made(pair)
    assume(statement.keys)
    unknown = frozenset(tape.some(statement.keys, 3))
    known = {key: value for key, value in request.context.items() if key not in unknown}
    residual = statement.residual(replace(request, context=known, unknown=unknown))
    for _ in range(4):
        filled = {key: value for key in sorted(unknown) if (value := some_value(tape, key)) != ()}
        full = {**known, **filled}
        assert term_holds(residual, full) is statement.matches(replace(request, context=full))


@given(PAIRS, st.binary(min_size=40, max_size=40).map(Tape))
def test_partial_requests_leave_open_what_was_not_given(pair: Pair, tape: Tape) -> None:
    """With `partial` every key that is neither there nor said to be absent is unknown."""
    statement, request = made(pair)
    absent = frozenset(key for key in statement.keys if tape.chance(30)) - set(request.context)
    open_keys = set(statement.keys) - absent - set(request.context)
    residual = statement.residual(replace(request, partial=True, absent=absent))
    filled = {key: value for key in sorted(open_keys) if (value := some_value(tape, key)) != ()}
    full = {**request.context, **filled}
    assert term_holds(residual, full) is statement.matches(replace(request, context=full))
    if not open_keys:
        assert isinstance(residual, bool)


def some_value(tape: Tape, key: str) -> str | tuple[str, ...]:
    """Choose a value for a key, from the vocabulary; an empty tuple stands for none."""
    _, requested, in_policies = KEYS_IN_LOWER_CASE.get(key, ("", ["blue"], ["x"]))
    value = tape.pick([*requested, *in_policies, "", "blue"])
    if isinstance(value, list):
        return tuple(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return () if tape.chance(20) else (text, "env") if tape.chance(10) else text


KEYS_IN_LOWER_CASE = {name.lower(): entry for name, entry in KEYS.items()}


@given(
    st.lists(policies("identity"), min_size=1, max_size=4),
    PAIRS,
)
def test_the_index_misses_no_statement(documents: list[Data], pair: Pair) -> None:
    """The candidates for an action contain every statement that matches, and nothing else's."""
    _, request = made(pair)
    found = compiled_policies(documents, "identity")
    candidates = found.candidates(request.action)
    for policy in found.policies:
        for statement in policy.statements:
            if statement.matches(request):
                assert (policy, statement) in candidates
    assert all(statement.actions.covers(request.action) for _, statement in candidates)


# --- matchers: the words of the language -----------------------------------------------------


@given(PAIRS, st.sampled_from(["Action", "Resource"]))
def test_the_not_form_is_the_complement(pair: Pair, name: str) -> None:
    """NotAction X covers exactly what Action X does not, and NotResource likewise."""
    statement, kind, request = pair
    entries = statement.get(name, statement.get(f"Not{name}"))
    other = {"Action": "Resource", "Resource": "Action"}[name]
    bare: Data = {"Effect": "Deny", other: "*"}
    if kind == "resource":
        bare["Principal"] = "*"
    asked = prepared(request).request
    plain, negated = (
        compiled({**bare, name: entries}, kind),
        compiled({**bare, f"Not{name}": entries}, kind),
    )
    assert plain.matches(asked) is not negated.matches(asked)


TWINS = [
    (operator.name.replace("Not", "", 1), operator.name)
    for operator in OPERATORS.values()
    if operator.negated
]


def make_condition(tape: Tape, operators: list[str]) -> tuple[str, list[Any], Any]:
    """Choose a key, values of a policy, and one value of a request that fit an operator."""
    family = family_of(operators[0])
    names = [name for name in NAMES if KEYS[name][0] == family] or ["aws:RequestTag/env"]
    name = tape.pick(names)
    _, requested, in_policies = KEYS[name]
    values = tape.some(in_policies if family == "Ip" else [*in_policies, *requested], 3)
    if family in {"String", "Arn"} and tape.chance(20):
        values.append(tape.pick(vocabulary.VARIABLES))
    return name, [value for value in values if not isinstance(value, list)], tape.pick(requested)


def family_of(operator: str) -> str:
    """The family of the vocabulary's keys that an operator belongs to."""
    families = {"Str": "String", "Num": "Numeric", "Dat": "Date", "Arn": "Arn", "Boo": "Bool"}
    return {**families, "Bin": "Binary", "IpA": "Ip", "Not": "Ip"}[operator[:3]]


@given(st.sampled_from(TWINS), st.binary(min_size=30, max_size=30).map(Tape), PAIRS)
def test_a_negated_operator_is_the_opposite(twins: tuple[str, str], tape: Tape, pair: Pair) -> None:
    """Where the key has one value, the negated operator holds exactly where its twin does not.

    Values of a policy that can't be read are the exception: neither holds by them.
    """
    name, values, given_value = make_condition(tape, list(twins))
    request = prepared({**pair[2], "context": {name: given_value}}).request
    both = [
        compiled(
            {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {operator: {name: values}},
            }
        )
        for operator in twins
    ]
    assume(not both[0].conditions[0].values.unreadable)
    assert both[0].matches(request) is not both[1].matches(request)


@given(
    st.sampled_from([name for name in OPERATORS if name != "Null"]),
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.binary(min_size=30, max_size=30).map(Tape),
    PAIRS,
)
def test_if_exists_differs_for_absent_keys_only(
    operator: str, prefix: str, tape: Tape, pair: Pair
) -> None:
    """IfExists changes nothing for a key that is there, and holds for one that is not."""
    name, values, given_value = make_condition(tape, [operator])
    both = [
        compiled(
            {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {f"{prefix}{operator}{suffix}": {name: values}},
            }
        ).conditions[0]
        for suffix in ("", "IfExists")
    ]
    request = prepared({**pair[2], "context": {name: given_value}}).request
    assert both[0].matches(request) is both[1].matches(request)
    absent = {key: value for key, value in request.context.items() if key != name.lower()}
    assert both[1].matches(replace(request, context=absent))


TOKENS = st.lists(st.one_of(st.sampled_from(Wildcard), st.text("ab:", max_size=3)), max_size=8).map(
    tuple
)


def naively(tokens: tuple[str | Wildcard, ...], text: str) -> bool:
    """Match by trying everything, as the definition of a wildcard says."""

    @cache
    def matches(position: int, start: int) -> bool:
        if position == len(tokens):
            return start == len(text)
        token = tokens[position]
        if isinstance(token, str):
            return text.startswith(token, start) and matches(position + 1, start + len(token))
        bounded = token in {Wildcard.SEGMENT_STAR, Wildcard.SEGMENT_QUESTION}
        here = start < len(text) and not (bounded and text[start] == ":")
        if token in {Wildcard.QUESTION, Wildcard.SEGMENT_QUESTION}:
            return here and matches(position + 1, start + 1)
        return matches(position + 1, start) or (here and matches(position, start + 1))

    return matches(0, 0)


@given(TOKENS, st.text("ab:", max_size=10))
def test_wildcards_match_as_by_trying_everything(
    tokens: tuple[str | Wildcard, ...], text: str
) -> None:
    """Both fast matchers agree with a naive one, for all four wildcards and every text."""
    expected = naively(tokens, text)
    assert compile_tokens(tokens)(text) is expected
    assert match_tokens(tokens, text) is expected


@given(st.text("ab*?:", max_size=12))
def test_cutting_a_pattern_loses_nothing(pattern: str) -> None:
    """The pieces of a pattern, put together, are the pattern; a pattern matches itself."""
    tokens = tokenize(pattern)
    written = (token if isinstance(token, str) else token.value for token in tokens)
    assert "".join(written) == pattern
    assert compile_tokens(tokens)(pattern)


@given(TOKENS, st.text("ab/", max_size=3), st.sampled_from("ab/"))
def test_an_example_of_a_pattern_matches_it(
    tokens: tuple[str | Wildcard, ...], run: str, single: str
) -> None:
    """A text that is made of a pattern matches the pattern, whatever stands for its wildcards."""
    assert match_tokens(tokens, example_of(tokens, run, single))
    written = "".join(token if isinstance(token, str) else token.value for token in tokens)
    assert match_tokens(tokenize(written), example_of(written, run, single))


# --- decisions -------------------------------------------------------------------------------


def shuffled(node: Any, random: Random, *, inside: bool = False) -> Any:
    """Copy data with every list of policies, statements and entries in another order."""
    if isinstance(node, dict):
        return {
            key: shuffled(value, random, inside=inside or key in POLICIES)
            for key, value in node.items()
        }
    if isinstance(node, list):
        copied = [shuffled(entry, random, inside=inside) for entry in node]
        if inside:
            random.shuffle(copied)
        return copied
    return node


@given(cases(overlays=True), st.integers(0, 1_000))
def test_order_does_not_matter_in_worlds(case: tuple[Data, Data], seed: int) -> None:
    """Statements, entries and policies in another order decide alike."""
    world, request = case
    random = Random(seed)  # noqa: S311 - another order, no secret
    assert verdict(request, world) is verdict(shuffled(request, random), shuffled(world, random))


@given(standalone_cases(), st.integers(0, 1_000))
def test_order_does_not_matter_alone(request: Data, seed: int) -> None:
    """The same, for requests that bring their policies; even levels may change places."""
    random = Random(seed)  # noqa: S311 - another order, no secret
    assert verdict(request) is verdict(shuffled(request, random))


def documents_of(request: Data) -> list[tuple[str, Data]]:
    """Every policy document of a request as it stands in it, with the name of its place."""
    found: list[tuple[str, Data]] = []
    waiting: list[tuple[str, Any]] = [(name, request.get(name)) for name in POLICIES]
    waiting.append(("session_policies", request.get("session", {}).get("policies")))
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, dict):
            found.append((name, one))
        elif isinstance(one, list):
            waiting.extend((name, part) for part in one)
    return found


def with_one_more(request: Data, tape: Tape, statement: Data, effect: str) -> Data:
    """Copy a request with one statement more in one of its documents, fit for its place."""
    more = copy.deepcopy(request)
    documents = documents_of(more)
    if effect == "Allow":  # which resource control policies can't say
        documents = [(name, document) for name, document in documents if name != "rcps"]
    assume(documents)
    place, document = tape.pick(documents)
    added = {**statement, "Effect": effect}
    if place in {"resource_policy", "vpce_policies"}:
        named = {"AWS": request["principal"]}
        added["Principal"] = tape.pick(["*", named if ":" in request["principal"] else "*"])
    if place == "rcps":
        added.pop("NotAction", None)
        added |= {"Principal": "*", "Action": request["action"].partition(":")[0] + ":*"}
    if place == "resource_policy" and ":role/" in request.get("resource", ""):
        added.pop("Resource", None)
        added.pop("NotResource", None)
    present = document["Statement"]
    document["Statement"] = [*(present if isinstance(present, list) else [present]), added]
    return more


NEW_STATEMENTS = statements("session")
ONE_MORE = (standalone_cases(), st.binary(min_size=4, max_size=4).map(Tape), NEW_STATEMENTS)


@given(*ONE_MORE)
def test_one_more_deny_lets_nobody_in(request: Data, tape: Tape, statement: Data) -> None:
    """Another Deny, in whatever policy, never turns a denial into an allow."""
    if verdict(with_one_more(request, tape, statement, "Deny")) is Verdict.ALLOWED:
        assert verdict(request) is Verdict.ALLOWED


@given(*ONE_MORE)
def test_one_more_allow_denies_nothing_explicitly(
    request: Data, tape: Tape, statement: Data
) -> None:
    """Another Allow, in whatever policy, never makes an explicit deny."""
    after = verdict(with_one_more(request, tape, statement, "Allow"))
    if after is Verdict.EXPLICIT_DENY:
        assert verdict(request) is Verdict.EXPLICIT_DENY


@given(standalone_cases(), policies("boundary"))
def test_a_permissions_boundary_only_shrinks(request: Data, boundary: Data) -> None:
    """What is allowed under a boundary is allowed without it."""
    if verdict({**request, "boundary": boundary}) is Verdict.ALLOWED:
        without = {key: value for key, value in request.items() if key != "boundary"}
        assert verdict(without) is Verdict.ALLOWED


@given(standalone_cases(), policies("session"))
def test_a_session_policy_only_shrinks(request: Data, session: Data) -> None:
    """What a role session may under a session policy, it may without.

    Federated user sessions are the exception, since without one they have nothing; and root, of
    which a task policy makes another kind of session.
    """
    kind = prepared(request).request.caller.kind
    assume(kind in {CallerKind.USER, CallerKind.ROLE_SESSION})
    plain = {key: value for key, value in request.get("session", {}).items() if key != "policies"}
    under = {**request, "session": {**plain, "policies": [session]}}
    if verdict(under) is Verdict.ALLOWED:
        assert verdict({**request, "session": plain}) is Verdict.ALLOWED


@given(cases(overlays=True))
def test_with_nothing_unknown_the_terms_are_the_decision(case: tuple[Data, Data]) -> None:
    """The formula over terms folds to the truth values of the decision."""
    world, request = case
    ready = prepared(request, world)
    assume(not ready.request.unknown)  # keys that AWS always sends, and nobody told
    terms = decision_terms(ready.situation, ready.request)
    decided = ready.decide()
    assert terms.allowed is decided.allowed
    assert terms.denied is (decided.verdict is Verdict.EXPLICIT_DENY)


@given(cases(overlays=True))
def test_explaining_and_deciding_agree(case: tuple[Data, Data]) -> None:
    """Verdict, layer and reason of the explained answer are those of the fast one."""
    question, world = question_of(case[0], case[1])
    fast, full = authorize.decide(question, world), authorize.explain(question, world).decision
    assert (fast.verdict, fast.layer, fast.reason) == (full.verdict, full.layer, full.reason)


@given(cases())
def test_decisions_and_worlds_survive_pickling(case: tuple[Data, Data]) -> None:
    """A worker process gets the world, decides, and hands back the same decision."""
    question, world = question_of(*case)
    decision = authorize.decide(question, world)
    there = pickle.loads(pickle.dumps((question, world)))  # noqa: S301 - made here
    back = pickle.loads(pickle.dumps(authorize.decide(*there)))  # noqa: S301 - made here
    assert (back.verdict, back.layer, back.reason) == (
        decision.verdict,
        decision.layer,
        decision.reason,
    )
    assert [
        (statement.policy, statement.index, statement.sid, statement.span.start)
        for statement in back.statements
    ] == [
        (statement.policy, statement.index, statement.sid, statement.span.start)
        for statement in decision.statements
    ]


ASKED = [
    *PLAIN,
    ("kms:DescribeKey", "arn:aws:kms:eu-west-1:ACC:alias/aws/s3", "kms"),  # which RCPs spare
]


@given(
    st.lists(policies("identity"), min_size=1, max_size=2),
    policies("rcp"),
    st.booleans(),
    st.lists(st.sampled_from(ASKED), min_size=2, max_size=6),
)
def test_compiled_policies_decide_each_request_as_if_alone(
    documents: list[Data], rcp: Data, restrict: bool, asked: list[tuple[str, str, str]]
) -> None:
    """What was compiled for many requests decides each of them as a question of its own."""
    principal = f"arn:aws:iam::{vocabulary.A}:user/alice"
    layers: Data = {
        "identity_policies": documents,
        "rcps": [[rcp]],
        "public_access_block": {"restrict_public_buckets": restrict},
    }
    together = iamsim.compile_policies(principal=principal, **layers)
    for action, pattern, _ in asked:
        for owner in (vocabulary.A, vocabulary.B):
            resource = pattern.replace("ACC", owner)
            request = together.request(action=action, resource=resource)
            alone = iamsim.decide(principal=principal, action=action, resource=resource, **layers)
            decision = together.decide(request)
            assert (decision.verdict, decision.layer) == (alone.verdict, alone.layer)


@given(cases(overlays=True))
def test_the_same_question_gets_the_same_answer(case: tuple[Data, Data]) -> None:
    """Asked again, of the same world and of one read anew, the answer is the same byte for byte."""
    question, world = question_of(*case)
    first = authorize.explain(question, world)
    texts = {
        json.dumps(answer_to_dict(answer))
        for answer in (
            first,
            first,
            authorize.explain(question, world),
            authorize.explain(*question_of(*case)),
        )
    }
    assert len(texts) == 1
