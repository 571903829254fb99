"""Laws of the policy language: two readers and a printer that agree, and errors for the rest."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from iamsim.core.caret import render_error
from iamsim.core.decision import PolicyType
from iamsim.core.errors import InternalError, PolicyError
from iamsim.core.json_places import KEY
from iamsim.core.json_text import check_depth, load_json, locate_json
from iamsim.core.span import Source
from iamsim.syntax.elements import EFFECTS, POLICY_ELEMENTS, PRINCIPAL_KINDS, STATEMENT_ELEMENTS
from iamsim.syntax.grammar import grammar_text, load_grammar
from iamsim.syntax.operators import operator_spellings
from iamsim.syntax.printer import to_document
from iamsim.syntax.read import parse_policy
from iamsim.syntax.variables import Literal, Question, Star, Variable, find_fault, parse_template
from tests.property.grammar_reader import read_by_grammar

WORDS = [
    *POLICY_ELEMENTS,
    *STATEMENT_ELEMENTS,
    *PRINCIPAL_KINDS,
    *EFFECTS,
    *operator_spellings()[::7],
    "2012-10-17",
    "2008-10-17",
    "*",
    "s3:GetObject",
    "arn:aws:s3:::reports/${aws:username}/*",
    "${aws:PrincipalTag/team, 'none'}",
    "${",
    "${}",
    "allow",
    "stringequals",
    'quote " and \\ backslash',
    "\u00e9\u2028\U0001f600",
    "\ud800",
    "",
]
texts = st.sampled_from(WORDS) | st.text(max_size=6)
one_or_many = texts | st.lists(texts, min_size=1, max_size=3)
scalars = texts | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
conditions = st.dictionaries(
    st.sampled_from(operator_spellings()) | st.just("bOOL"),
    st.dictionaries(texts, scalars | st.lists(scalars, max_size=3), max_size=3),
    max_size=3,
)
principals = st.just("*") | st.dictionaries(
    st.sampled_from(PRINCIPAL_KINDS), one_or_many, min_size=1, max_size=3
)


@st.composite
def statements(draw):
    """Make a statement of the right shape, with its elements in any order."""
    effect = draw(st.sampled_from(EFFECTS))
    statement = {
        "Effect": effect,
        draw(st.sampled_from(["Action", "NotAction"])): draw(one_or_many),
    }
    if draw(st.booleans()):
        statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(one_or_many)
    if draw(st.booleans()):
        names = ["Principal"] if effect == "Allow" else ["Principal", "NotPrincipal"]
        statement[draw(st.sampled_from(names))] = draw(principals)
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions)
    if draw(st.booleans()):
        statement["Sid"] = draw(texts)
    return dict(draw(st.permutations(list(statement.items()))))


@st.composite
def documents(draw):
    """Make a policy document of the right shape."""
    several = st.lists(statements(), min_size=1, max_size=3)
    document = {"Statement": draw(statements() | several)}
    if draw(st.booleans()):
        document["Version"] = draw(st.sampled_from(["2012-10-17", "2008-10-17"]))
    if draw(st.booleans()):
        document["Id"] = draw(texts)
    return dict(draw(st.permutations(list(document.items()))))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@st.composite
def near_documents(draw):
    """Make a document in which something has another shape than it should have."""
    document = draw(documents())
    place = document
    while True:
        children = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not children:
            return document
        child = draw(st.sampled_from(children))
        if isinstance(place[child], dict | list) and draw(st.booleans()):
            place = place[child]
            continue
        action = draw(st.sampled_from(["replace", "remove", "rename"]))
        if action == "replace":
            place[child] = draw(json_values)
        elif action == "remove":
            del place[child]
        elif isinstance(place, dict):
            place[draw(texts)] = place.pop(child)
        return document


@st.composite
def written(draw, values):
    """Write a value as JSON text, in one of the many ways that JSON allows."""
    text = json.dumps(
        draw(values),
        indent=draw(st.sampled_from([None, 0, 2, "\t"])),
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([None, (",", ":"), (" , ", "\r\n: ")])),
    )
    if draw(st.booleans()):
        # A letter may stand as an escape, in names too.
        letter = draw(st.sampled_from("aecSt"))
        text = re.sub(
            r'"(?:[^"\\]|\\.)*"',
            lambda found: (
                found.group().replace(letter, f"\\u{ord(letter):04x}")
                if "\\" not in found.group()
                else found.group()
            ),
            text,
            count=draw(st.integers(1, 3)),
        )
    return text


@st.composite
def damaged(draw, values):
    """Write a value as JSON text and damage the text in one place."""
    text = draw(written(values))
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 4)))
    return (
        text[:start]
        + draw(st.sampled_from([*"{}[]\",:\\ \n0-.eE\x00\u00a0'#/*a", ""]))
        + text[end:]
    )


def refusal(read, document, **options):
    """Read a document: the error, or `None` when it is a policy."""
    try:
        read(document, **options)
    except PolicyError as error:
        return error
    return None


def outcome(read, text):
    """Read a text: what it says without source, or `None` when it is refused."""
    try:
        policy = read(text)
    except PolicyError:
        return None
    offsets = policy.source.locate_all(policy.source.text)
    return policy.version, policy.id, policy.statements, offsets


@given(written(documents()))
def test_both_readers_read_every_policy_alike(text):
    """The hand reader and the grammar give the same tree and the same places, for valid texts."""
    assert outcome(parse_policy, text) == outcome(read_by_grammar, text)


@given(written(near_documents()) | damaged(documents()))
@example('{"Statement": {"Effect": "Allow", "Action": "*", "Action": "*"}}')
@example('{"Statement": {"Effect": "Allow", "Action": "*", "\\u0041ction": "*"}}')
@example('{"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Service": "*"}}}')
@example('{"Statement": {"Effect": "Allow", "Action": "*", "NotPrincipal": "*"}}')
@example('{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": []}]}')
@example('{"Statement": {"Effect": "Deny", "Action": "*", "Condition": {"Bool": {"k": [NaN]}}}}')
@example("\ufeff{")
@example("")
def test_both_readers_accept_the_same_texts(text):
    """What one reader refuses, the other refuses; what one accepts, the other reads alike. Letters
    that were lost on the way are no question of the grammar."""
    assume(re.search(r"\\u(?:0000|[fF]{3}[dD])|\ufffd", text) is None)
    assert outcome(parse_policy, text) == outcome(read_by_grammar, text)


@given(documents())
def test_most_generated_documents_are_policies_unless_a_variable_is_broken(document):
    """The generator makes policies, so that the laws above speak about something."""
    error = refusal(parse_policy, document)
    faults = {"unclosed-variable", "empty-variable", "invalid-principal"}
    assert error is None or error.code in faults


def texts_only(policy):
    """Take the paths out of a policy."""
    return (
        policy.version,
        policy.id,
        [
            (
                statement.sid,
                statement.effect,
                statement.principals
                and (
                    statement.principals.name,
                    sorted((kind, value.text) for kind, value in statement.principals.entries),
                ),
                [
                    entries and (entries.name, [value.text for value in entries.values])
                    for entries in (statement.actions, statement.resources)
                ],
                [
                    (condition.operator, condition.key, [value.text for value in condition.values])
                    for condition in statement.conditions
                ],
            )
            for statement in policy.statements
        ],
    )


@given(written(documents()), st.sampled_from([2, 4]))
def test_what_is_printed_reads_back_as_the_same_policy(text, indent):
    """Printing loses nothing but layout, and printing again changes nothing."""
    try:
        policy = parse_policy(text)
    except PolicyError:
        return
    printed = json.dumps(to_document(policy), indent=indent)
    again = parse_policy(printed.encode())
    assert texts_only(again) == texts_only(policy)
    assert to_document(again) == to_document(policy)


@given(documents() | near_documents())
def test_a_mapping_is_read_as_its_text_is(document):
    """A document as Python objects gives the same policy, or the same error, as its text."""
    results = []
    for given_as in (document, json.dumps(document)):
        try:
            results.append(texts_only(parse_policy(given_as)))
        except PolicyError as error:
            results.append((error.code, error.message, error.span.text if error.span else None))
    if isinstance(results[0], tuple) and len(results[0]) == 3 and isinstance(results[0][0], str):
        assert results[0][:2] == results[1][:2]
    else:
        assert results[0] == results[1]


@given(st.text(max_size=40) | damaged(json_values) | written(json_values))
@example("\x00")
@example("[" * 1_000)
def test_any_text_gives_a_policy_or_an_error_that_can_be_shown(text):
    """No text makes anything but a `PolicyError` with a place, in words on one line."""
    for policy_type in (None, *PolicyType):
        error = refusal(parse_policy, text, policy_type=policy_type)
        if error is not None:
            assert 0 <= error.span.start <= error.span.end <= len(error.span.source.text)
            assert error.message.isprintable()
            assert error.hint is None or error.hint.isprintable()
            assert re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)*", error.code)
            assert len(render_error(error).splitlines()) in (1, 2, 3, 4)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_policy_or_an_error(document):
    """No file makes anything but a policy or a `PolicyError`."""
    error = refusal(parse_policy, document)
    assert error is None or render_error(error)


@given(written(json_values))
def test_every_place_holds_its_value(text):
    """The characters at a path are the JSON text of the value at that path; keys likewise."""
    try:
        value = load_json(Source("x", text, locate_json), PolicyError)
    except PolicyError as error:
        if error.code == "duplicate-key":  # a key with an escape can meet the same without
            return
        raise
    expected = {}
    todo = [((), value)]
    while todo:
        path, one = todo.pop()
        expected[path] = one
        if isinstance(one, dict):
            todo += [((*path, key), inner) for key, inner in one.items()]
            expected.update({(*path, key, KEY): key for key in one})
        elif isinstance(one, list):
            todo += [((*path, index), inner) for index, inner in enumerate(one)]
    located = {
        path: json.loads(text[start:end]) for path, (start, end) in locate_json(text).items()
    }
    assert located == expected


@given(damaged(json_values))
@example("[1.e5]")
@example("[-]")
@example("[1e]")
@example('["\\u00zz"]')
@example("\u00a0{}")
def test_the_two_json_readers_accept_the_same_texts(text):
    """What Python's reader accepts, the reader that finds places accepts, and nothing else."""
    source = Source("x", text, locate_json)
    try:
        load_json(source, PolicyError)
    except PolicyError:
        with pytest.raises(PolicyError):
            check_depth(source, PolicyError)
    else:
        check_depth(source, PolicyError)


template_texts = st.lists(
    st.sampled_from(
        ["$", "{", "}", "${", "*", "?", ",", "'", " ", "\t", "k", "a:b", "${*}", "${k}"]
    )
    | st.text(max_size=2),
    max_size=12,
).map("".join)


def parts_by_grammar(text):
    """Cut a text by the grammar; `None` when the grammar refuses it."""
    from lark.exceptions import UnexpectedInput

    try:
        tree = load_grammar("policy_variable", contextual=True).parse(text)
    except UnexpectedInput:
        return None
    parts = []
    for node in tree.children:
        words = [str(word) for word in node.children]
        match str(node.data):
            case "star":
                parts.append(Star())
            case "question":
                parts.append(Question())
            case "variable":
                default = words[2] if len(words) == 4 else None
                quoted = default and default[default.index("'") + 1 : -1]
                parts.append(Variable(words[1], quoted))
            case _:
                literal = words[0] if node.data == "literal" else words[0][2]
                if parts and isinstance(parts[-1], Literal):
                    literal = parts.pop().text + literal
                parts.append(Literal(literal))
    return tuple(parts)


@given(template_texts)
@example("${k, 'a}b'}")
@example("${a, b , 'x'}")
@example("${*, 'x'}")
@example("${, 'x'}")
@example("${k, 'x' }")
@example("$${k}")
def test_templates_are_cut_as_the_grammar_says(text):
    """The hand scanner gives the parts of the grammar, and finds a fault where it refuses."""
    by_grammar = parts_by_grammar(text)
    assert (find_fault(text) is None) == (by_grammar is not None)
    if by_grammar is not None:
        assert parse_template(text) == by_grammar


@given(template_texts)
def test_cutting_a_text_loses_nothing(text):
    """Parts written one after the other read as the same parts again."""
    escaped = {"*": "${*}", "?": "${?}", "$": "${$}"}
    again = ""
    for part in parse_template(text):
        match part:
            case Literal():
                again += "".join(escaped.get(character, character) for character in part.text)
            case Star():
                again += "*"
            case Question():
                again += "?"
            case Variable() if part.default is None:
                again += f"${{{part.key}}}"
            case Variable():
                again += f"${{{part.key},'{part.default}'}}"
    assert parse_template(again) == parse_template(text)


def test_a_grammar_that_is_not_there_is_an_error_of_ours():
    """A missing grammar is reported as a fault of the installation."""
    assert "start: policy" in grammar_text("policy")
    with pytest.raises(InternalError) as caught:
        grammar_text("no-such-grammar")
    assert caught.value.code == "missing-grammar"


@pytest.mark.parametrize(
    ("text", "place", "found", "hint"),
    [
        ('{"Statement": []}', "1:16", "`]`", "here can stand `{`"),
        ('{"Version": ', "1:13", "the end of the text", '`"2008-10-17"`, `"2012-10-17"`'),
        ("{\n@", "2:1", "`@`", "..."),
        ('{"Id": ""}}', "1:11", "`}`", "the end of the text"),
    ],
)
def test_the_grammar_names_what_could_stand_at_a_fault(text, place, found, hint):
    """An error of the grammar says what was found and what was expected."""
    with pytest.raises(PolicyError) as caught:
        read_by_grammar(text, name="p")
    error = caught.value
    assert (error.code, error.span.place) == ("not-in-grammar", f"p:{place}")
    assert error.message == f"{found} can't stand here"
    assert hint in error.hint
