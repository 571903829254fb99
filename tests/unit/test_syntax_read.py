"""Policies read from text, bytes and mappings."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import OrderedDict
from types import MappingProxyType

import pytest

from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import MAXIMUM_LENGTH, decode_text, parse_policy

TEXT = """{
  "Version": "2012-10-17",
  "Id": "reports",
  "Statement": [
    {
      "Sid": "any text: it never matters",
      "Effect": "Deny",
      "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/Auditor"],
                       "Service": "lambda.amazonaws.com"},
      "NotAction": ["s3:GetObject", "s3:ListBucket"],
      "NotResource": "arn:aws:s3:::reports/${aws:username}/*",
      "Condition": {
        "StringEquals": {"aws:PrincipalTag/team": ["blue", "red"],
                         "aws:PrincipalAccount": 123456789012},
        "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a*"},
        "NumericLessThan": {"s3:max-keys": [1.0, 1e5, -7]},
        "Bool": {"aws:SecureTransport": false}
      }
    }
  ]
}
"""
SMALL = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def refuse(document, **options):
    """Read a document that must be refused; gives the error."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(document, **options)
    return caught.value


def test_reads_every_element_with_its_place():
    """All elements arrive in the tree, and each path leads back to its characters."""
    policy = parse_policy(TEXT, name="reports", file="reports.json")
    (statement,) = policy.statements
    assert (policy.name, policy.source.name) == ("reports", "reports.json")
    assert (policy.version, policy.id, policy.has_variables) == ("2012-10-17", "reports", True)
    assert (statement.index, statement.effect) == (0, "Deny")
    assert statement.sid == "any text: it never matters"
    assert statement.principals.negated
    assert statement.actions.negated
    assert statement.resources.negated
    assert [(kind, value.text) for kind, value in statement.principals.entries] == [
        ("AWS", "111122223333"),
        ("AWS", "arn:aws:iam::111122223333:role/Auditor"),
        ("Service", "lambda.amazonaws.com"),
    ]
    texts = [
        *statement.actions.values,
        *statement.resources.values,
        *(entry.value for entry in statement.principals.entries),
    ]
    assert all(policy.span(text.path).text == f'"{text.text}"' for text in texts)
    assert policy.span(statement.path).line == 5
    assert policy.span(statement.actions.path).place == "reports.json:10:20"
    assert [(condition.operator, condition.key) for condition in statement.conditions] == [
        ("StringEquals", "aws:PrincipalTag/team"),
        ("StringEquals", "aws:PrincipalAccount"),
        ("ForAnyValue:StringLikeIfExists", "aws:TagKeys"),
        ("NumericLessThan", "s3:max-keys"),
        ("Bool", "aws:SecureTransport"),
    ]


def test_numbers_and_booleans_of_conditions_keep_their_written_form():
    """`1.0` stays `1.0` and `1e5` stays `1e5`; a boolean becomes the text of it."""
    conditions = {
        condition.key: condition.values for condition in parse_policy(TEXT).statements[0].conditions
    }
    assert [value.text for value in conditions["s3:max-keys"]] == ["1.0", "1e5", "-7"]
    assert [value.text for value in conditions["aws:PrincipalAccount"]] == ["123456789012"]
    assert [value.text for value in conditions["aws:SecureTransport"]] == ["false"]


def test_a_statement_may_stand_alone():
    """`Statement` may be one object; its path has no index then."""
    policy = parse_policy(SMALL)
    (statement,) = policy.statements
    assert (policy.version, policy.has_variables) == (None, False)
    assert statement.path == ("Statement",)
    assert statement.actions.values[0].path == ("Statement", "Action")
    assert statement.principals is None
    assert statement.conditions == ()


@pytest.mark.parametrize(
    "condition",
    ["{}", '{"StringEquals": {}}', '{"StringEquals": {"k": []}}', '{"sTRINGeQUALS": {"k": "v"}}'],
)
def test_odd_conditions_are_read(condition):
    """Empty conditions, empty lists of values and other letter case are no errors of shape."""
    text = SMALL.replace('"*"}', f'"*", "Condition": {condition}}}')
    conditions = parse_policy(text).statements[0].conditions
    assert [entry.operator.lower() for entry in conditions] == ["stringequals"] * ("k" in condition)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_are_decoded(encoding):
    """UTF-8 with and without byte order mark is read, and UTF-16 with one."""
    policy = parse_policy(TEXT.replace("any", "\u00e9\U0001f600").encode(encoding))
    assert policy.statements[0].sid.startswith("\u00e9\U0001f600")
    assert policy.span(()).place == "policy:1:1"


@pytest.mark.parametrize(
    ("document", "offset"),
    [(b'{"a": "\xff"}', 7), (b"\xef\xbb\xbf\xc3", 3), (b"\xff\xfea\x00b", 4)],
)
def test_bytes_that_are_no_text_are_an_error_with_their_offset(document, offset):
    """The first byte that can't be decoded is named by its offset in the file."""
    error = refuse(document)
    assert error.code == "invalid-utf-8"
    assert f"0x{document[offset]:02x} at offset {offset} " in error.message
    with pytest.raises(PolicyError):
        decode_text(document, "x")


def test_a_mapping_is_taken_as_it_is():
    """A mapping gives the same statements as its text, with places in a text made for it."""
    document = {
        "Version": "2012-10-17",
        "Statement": (
            OrderedDict(
                Effect="Allow",
                Action=["s3:Get*", "s3:List*"],
                Resource="*",
                Condition={"NumericEquals": {"k": [10, 1.5, True, "x"]}},
            ),
        ),
    }
    policy = parse_policy(MappingProxyType(document), name="given")
    statement = policy.statements[0]
    assert [value.text for value in statement.conditions[0].values] == ["10", "1.5", "true", "x"]
    document["Version"] = "2008-10-17"
    assert policy.span(("Version",)).text == '"2012-10-17"'
    assert policy.span(statement.actions.values[1].path).place == "given:8:9"
    again = pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert again.statements == policy.statements
    assert again.span(statement.path).text == policy.span(statement.path).text


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None, {}, object(), b"x", {1, 2}])
def test_what_json_can_not_hold_is_no_condition_value(bad):
    """Python values that are no text, number or boolean are refused."""
    statement = {"Effect": "Allow", "Action": "*", "Condition": {"NumericEquals": {"k": bad}}}
    assert refuse({"Statement": statement}).code == "wrong-type"


@pytest.mark.parametrize(
    "document",
    [
        {1: 2},
        {"Statement": {"Effect": "Allow", "Action": "*", 5: 6}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {5: {}}}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {5: "true"}}}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Principal": {5: "true"}}},
        {"Statement": {"Effect": ["Allow"], "Action": "*"}},
        {"Statement": {"Effect": "Allow", "Action": ["*", ["*"]]}},
    ],
)
def test_keys_and_values_of_odd_types_are_refused(document):
    """Nothing that Python allows in a dict makes a traceback."""
    assert refuse(document).code in {
        "wrong-type",
        "unknown-element",
        "unknown-operator",
        "unknown-principal-kind",
    }


@pytest.mark.parametrize(
    ("element", "code", "message"),
    [
        ({"Effect": True}, "wrong-type", "`Effect` must be `Allow` or `Deny`, not true or false"),
        ({"Principal": ["*"]}, "wrong-type", "`Principal` must be `*` or an object, not a list"),
        ({"Principal": {"*": "*"}}, "unknown-principal-kind", "there is no kind of principal `*`"),
        ({"Principal": {"x": "*"}}, "unknown-principal-kind", "there is no kind of principal `x`"),
        ({"Condition": {"Bool": 1}}, "wrong-type", "`Bool` must be an object of condition keys"),
        ({"Condition": {"Bool": {"k": {}}}}, "wrong-type", "`k` must be a text, a number"),
        ({"Sid": 1}, "wrong-type", "`Sid` must be a text, not a number"),
    ],
)
def test_an_element_of_another_shape_is_refused(element, code, message):
    """Each element says what it takes, and what it found instead."""
    error = refuse({"Statement": {"Effect": "Allow", "Action": "*", **element}})
    assert error.code == code
    assert error.message.startswith(message)


def test_a_circle_is_refused():
    """A document that holds itself has no text; it is refused all the same."""
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    document["Statement"]["Condition"] = {"Bool": document}
    assert refuse(document).code == "wrong-type"


@pytest.mark.parametrize("document", [5, None, ["x"]])
def test_what_is_neither_text_nor_mapping_is_refused(document):
    """The call with something else is an error of the input, and no traceback."""
    assert refuse(document).code == "wrong-type"


def test_a_policy_inside_a_larger_text_points_into_that_text():
    """With `source`, the places are those of the text that the document was cut from."""
    outer = "# world\nreader:\n  policy here"
    places = {(): (18, 29), ("Statement", "Effect"): (18, 24)}
    source = Source("world.yaml", outer, lambda _text: places)
    document = {"Statement": {"Effect": "allow", "Action": "*"}}
    error = refuse(document, source=source)
    assert error.span.place == "world.yaml:3:3"
    assert error.span.text == "policy"
    document["Statement"]["Effect"] = "Allow"
    assert parse_policy(document, source=source).source is source
    text = Source("p.json", SMALL, locate_json)
    assert parse_policy(SMALL, source=text).source is text


def test_a_policy_is_checked_and_given_back():
    """A `Policy` passes through, after its type was checked."""
    policy = parse_policy(SMALL)
    assert parse_policy(policy) is policy
    assert parse_policy(policy, policy_type=PolicyType.IDENTITY) is policy
    error = refuse(policy, policy_type=PolicyType.RESOURCE)
    assert (error.code, error.span.text) == ("missing-principal", SMALL[14:-1])


def test_errors_of_documents_without_types_survive_pickling():
    """Worker processes hand errors back with place and hint."""
    error = refuse(SMALL.replace("Allow", "allow"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (str(again), again.code) == (str(error), error.code)


def test_variables_mean_something_in_version_2012_only():
    """An unclosed `${` is plain text in the older language, and where variables can't stand."""
    old = SMALL.replace('Resource": "*"', 'Resource": "${a"')
    assert parse_policy(old).statements[0].resources.values[0].text == "${a"
    new = old.replace("{", '{"Version": "2012-10-17", ', 1)
    assert refuse(new).code == "unclosed-variable"
    parse_policy(
        new.replace("Action", "X").replace("Resource", "Action").replace("X", "NotResource")
    )
    numeric = new.replace('"${a"', '"*", "Condition": {"NumericEquals": {"k": "${a"}}')
    assert isinstance(parse_policy(numeric), Policy)
    assert refuse(numeric.replace("NumericEquals", "Bool")).code == "unclosed-variable"


def nested(depth):
    """Make a policy whose Condition is nested."""
    deep = '{"Bool":' * depth + "1" + "}" * depth
    return SMALL.replace('"*"}', f'"*", "Condition": {deep}}}')


HOSTILE = {
    "ten megabytes of statements": '{"Statement": [' + '{"Effect": "Allow"},' * 500_000 + "]}",
    "ten megabytes of blanks": " " * 10_000_000 + SMALL,
    "a list of a million texts": SMALL.replace('"*"', "[" + '"",' * 340_000 + "5]"),
    "a long name": '{"' + "Statement" * 100_000 + '": 1}',
    "a long operator": SMALL.replace('"*"}', f'"*", "Condition": {{"{"String" * 100_000}": 1}}}}'),
    "many unknown elements": SMALL.replace(
        '"*"}', "".join(f',"{n}":1' for n in range(50_000)) + "}"
    ),
    "depth 150": nested(150),
    "depth 900": nested(900),
    "depth 100,000": nested(100_000),
    "unclosed lists": '{"Statement": ' + "[" * 100_000,
    "NUL bytes": "\x00" * 100_000,
    "NUL in a text": SMALL.replace("*", "\x00"),
    "direction marks": "\u202e" + SMALL,
    "astral digits": SMALL.replace('"*"', "\U0001d7d9"),
    "invalid UTF-8": b'{"Statement": "' + b"\xf5" * 100_000,
    "invalid UTF-16": b"\xff\xfe" + b"\x00\xd8" * 50_000,
    "a number of a million digits": SMALL.replace('"*"', "9" * 1_000_000),
    "an exponent": SMALL.replace('"*"', "1e999999999"),
    "variables": SMALL.replace('"*"', '"' + "${" * 300_000 + '"').replace(
        "{", '{"Version": "2012-10-17", ', 1
    ),
    "commas in a variable": SMALL.replace('"*"', '"${' + ",'" * 300_000 + '}${}"').replace(
        "{", '{"Version": "2012-10-17", ', 1
    ),
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)
def test_hostile_documents_are_refused_in_bounded_time(document):
    """Whatever a document holds, the answer is an error with a code, soon, and one short line."""
    error = refuse(document)
    assert len(error.message) < 300
    assert error.message.isprintable()
    assert len(str(error)) < 1000


def test_depth_is_told_as_such_at_every_depth():
    """Too deep is too deep, whether Python's own reader managed the text or not."""
    assert {refuse(nested(depth)).code for depth in (150, 200)} == {"wrong-type", "nested-too-deep"}
    assert {refuse(nested(depth)).code for depth in (250, 900, 5_000, 100_000)} == {
        "nested-too-deep"
    }


def test_lone_surrogates_and_odd_texts_are_read():
    """Half of a surrogate pair, direction marks and NUL escapes are texts like any other."""
    text = SMALL.replace('"Effect"', '"Sid": "\\ud800\\u202e\\u0000\U0001f600", "Effect"')
    assert parse_policy(text).statements[0].sid == "\ud800\u202e\x00\U0001f600"


@pytest.mark.timeout(60)
def test_the_longest_policy_is_read_in_bounded_time():
    """A policy just under the limit is read, with a place for its last value."""
    count = (MAXIMUM_LENGTH - len(SMALL) - 10) // 4
    text = SMALL.replace('"*"', "[" + ",".join(['"*"'] * count) + "]", 1)
    policy = parse_policy(text)
    assert policy.span(("Statement", "Action", count - 1)).text == '"*"'


def test_reading_imports_nothing_heavy():
    """Reading a policy, and refusing one, needs neither lark nor another package."""
    program = (
        "import sys; from iamsim.syntax.read import parse_policy\n"
        "try: parse_policy('{')\n"
        "except Exception as error: print(error.code)\n"
        "print(sorted({'lark', 'yaml', 'pydantic', 'rich', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["invalid-json", "[]"]
