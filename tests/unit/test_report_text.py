"""Answers as text, as Markdown and as data."""

from __future__ import annotations

import json

import pytest

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import (
    ContextEntry,
    Decider,
    Element,
    NearMiss,
    Origin,
    StatementExplanation,
    WayExplanation,
)
from iamsim.core.json_text import locate_json
from iamsim.core.reason import Note, Reason
from iamsim.core.span import Source
from iamsim.report.data import answer_to_dict, answers_to_dict
from iamsim.report.markdown import render_markdown
from iamsim.report.paint import Paint
from iamsim.report.quote import failure_marks, match_marks, quote_statement
from iamsim.report.text import render_answers, render_text
from tests.unit.report_samples import (
    RESOURCE,
    SOURCE,
    allowed_answer,
    answer,
    clause,
    denied_answer,
    deny_all,
    layer,
    near_miss_answer,
    read_only,
)


class Either:
    """A residual of two alternatives."""

    keys = ("aws:SecureTransport", "aws:SourceVpc")
    stand_ins = ()
    simplified = True
    sentence = "allowed if the VPC is known; or if the connection is encrypted"
    description = sentence + "\n  the VPC is known: Allow by `Inside` (dev.json:4)\n"

    def examples(self):
        """Give one context of either kind."""
        return {"aws:SourceVpc": "vpc-1"}, {}

    def holds(self, context):
        """Say that nothing else is asked."""
        return bool(context)

    def to_condition(self):
        """Give two Condition blocks."""
        return [
            {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}},
            {"Bool": {"aws:SecureTransport": ["true"]}},
        ]


def test_the_first_line_is_the_summary():
    """The verdict and its reason come first, but for what is wrong with a denial's question."""
    doubt, _, first, *_ = render_text(near_miss_answer(), width=300).splitlines()
    assert doubt.startswith("check the question: requests for `s3:PutObject` never carry")
    assert first.startswith("denied: no identity-based policy allows s3:PutObject on")
    assert render_text(allowed_answer()).startswith("allowed: statement 1")


def test_the_failing_clause_is_marked_where_it_stands():
    """Below the quoted line, carets stand under the pattern, with the request's value behind."""
    lines = render_text(near_miss_answer()).splitlines()
    at = next(number for number, line in enumerate(lines) if '"Action": [' in line)
    assert lines[at].index('"s3:Get*"') == lines[at + 1].index("^^^^^^^^^")
    assert lines[at + 1].endswith("do not match s3:PutObject")
    assert "  policies/dev.json:4:5" in lines


@pytest.mark.parametrize("width", [40, 80, 100, 120])
def test_text_keeps_to_its_width(width):
    """No line but one that holds a single long word is wider than asked."""
    for text in (
        render_text(near_miss_answer(), width=width),
        render_text(denied_answer(), width=width, verbose=True),
        render_text(allowed_answer(), width=width),
    ):
        for line in text.splitlines():
            assert len(line) <= width or len(max(line.split(), key=len)) > width - 46


def test_levels_that_allow_share_a_line():
    """In the short form two levels that allow are one line; `verbose` gives each its own."""
    short = render_text(allowed_answer())
    assert "at all 2 levels: Root, Workloads" in short
    verbose = render_text(allowed_answer(), verbose=True)
    assert "at level Root: statement 1" in verbose
    assert "at level Workloads: statement 1" in verbose


def test_a_level_that_denies_stands_alone():
    """Among levels that allow, the one that does not is shown by itself, and first."""
    levels = (
        layer(
            Layer.SERVICE_CONTROL_POLICY,
            Outcome.EXPLICIT_DENY if name == "Ops" else Outcome.ALLOW,
            Reason.STATEMENT_DENIES if name == "Ops" else Reason.STATEMENT_ALLOWS,
            deny_all(),
            level=name,
        )
        for name in ("Root", "Ops", "prod")
    )
    lines = render_text(denied_answer(layers=tuple(levels))).splitlines()
    rows = [line for line in lines if "service control policy  " in line]
    assert "denies" in rows[0]
    assert "at level Ops" in rows[0]
    assert rows[1].endswith("at the other 2 levels: Root, prod")


def test_layers_without_policies_say_why():
    """A layer that holds no policy names the reason; many policies are cut short."""
    rows = {
        (Layer.IDENTITY_BASED_POLICY, Reason.NO_POLICY): "the caller has none",
        (Layer.RESOURCE_BASED_POLICY, Reason.NO_POLICY): "the resource has none",
        (Layer.SESSION_POLICY, Reason.NO_STATEMENT_ALLOWS): "no statement allows it",
        (Layer.SERVICE_CONTROL_POLICY, Reason.CALLER_IN_MANAGEMENT_ACCOUNT): "management account",
    }
    for (kind, reason), words in rows.items():
        layers = (layer(kind, Outcome.IMPLICIT_DENY, reason),)
        assert words in render_text(answer(Verdict.IMPLICIT_DENY, layers=layers))


def test_ways_in_say_of_each_layer_whether_it_allows():
    """A way in is open or blocked, and each of its layers says open or closed."""
    text = render_text(near_miss_answer())
    assert "  blocked  resource-based policy naming the caller or everyone (closed)" in text
    assert "  blocked  identity-based policy (closed) + permissions boundary (open)" in text


def test_ways_of_other_callers_are_left_out():
    """A way that only other kinds of callers have is shown with `verbose` alone."""
    ways = (
        WayExplanation(
            "resource-based-policy-to-source-user",
            (Layer.RESOURCE_BASED_POLICY,),
            open=False,
            blocked_by=(Layer.RESOURCE_BASED_POLICY,),
        ),
        WayExplanation("a-new-way", (), open=True, blocked_by=()),
    )
    denial = answer(Verdict.IMPLICIT_DENY, ways=ways)
    assert "behind the session" not in render_text(denial)
    assert "behind the session" in render_text(denial, verbose=True)
    assert "  open     a-new-way" in render_text(denial)


def test_missing_context_and_notes_are_said():
    """Keys that the request lacks and open points of AWS's text are named at the end."""
    text = render_text(near_miss_answer())
    assert "`aws:SourceVpc`, which the request lacks" in text
    assert "another answer is possible with aws:SourceVpc" in text
    assert "[ipv6-without-prefix]" in text


def test_a_residual_is_written_as_conditions():
    """A conditional answer says what it depends on, and with -v so in Condition blocks."""
    text = render_text(answer(Verdict.CONDITIONAL, residual=Either()))
    assert "  - allowed if the VPC is known; or if the connection is encrypted\n" in text
    assert "    the VPC is known: Allow by `Inside` (dev.json:4)\n" in text
    text = render_text(answer(Verdict.CONDITIONAL, residual=Either()), verbose=True)
    assert '  - Condition: {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}\n' in text
    assert '  - Condition: {"Bool": {"aws:SecureTransport": ["true"]}}\n' in text


def test_verbose_shows_every_clause_and_the_origin_of_every_key():
    """The long form has each clause with its other side, and says where values come from."""
    text = render_text(near_miss_answer(vpc=None), verbose=True)
    assert "no  Action s3:Get* against s3:PutObject" in text
    assert "no  Condition StringEquals aws:SourceVpc: vpc-1 against absent" in text
    assert "derived (principal)" in text
    entries = (
        ContextEntry("aws:TagKeys", ("a", "b"), multivalued=True, origin=Origin("given")),
        ContextEntry("aws:X", ("1",), multivalued=False, origin=Origin("resource", "bucket")),
    )
    text = render_text(answer(Verdict.ALLOWED, context=entries), verbose=True)
    assert "[a, b]  given" in text
    assert "1       derived (resource: bucket)" in text


def test_color_only_adds_codes():
    """Painted text without its codes is the plain text."""
    import re

    for sample in (near_miss_answer(), denied_answer(), allowed_answer()):
        painted = render_text(sample, color=True, verbose=True)
        assert painted != render_text(sample, verbose=True)
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render_text(sample, verbose=True)


def test_several_pairs_begin_with_the_whole():
    """Several pairs give the verdict over all and a row each; `verbose` gives all of it."""
    pairs = [allowed_answer(), near_miss_answer()]
    short = render_answers(pairs)
    doubt, first = short.split("\n\n")[:2]
    assert doubt.startswith("check the question: requests for `s3:PutObject` never carry")
    assert first.startswith("denied: 1 of 2 pairs of action and resource are allowed")
    assert "\n  1  allowed  statement 1" in short
    assert "layers" not in short
    verbose = render_answers(pairs, verbose=True)
    assert verbose.count("\nlayers\n") == 2
    assert render_answers(pairs[:1]) == render_text(pairs[0])


def _long_statement(entries: int, *, one_line: bool) -> StatementExplanation:
    """A statement whose Action lists many entries, of which none matches."""
    actions = [f"ec2:Action{number}" for number in range(entries)]
    document = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    text = json.dumps(document, indent=None if one_line else 1)
    source = Source("long.json", text, locate_json)
    clauses = tuple(
        clause(Element.ACTION, action, "s3:putobject", 0, "Action", number, matched=False)
        for number, action in enumerate(actions)
    )
    moved = tuple(
        type(entry)(
            entry.element,
            entry.pattern,
            entry.value,
            entry.matched,
            entry.reason,
            source,
            entry.path,
        )
        for entry in clauses
    )
    elements = ((Element.ACTION, False), (Element.RESOURCE, True))
    return StatementExplanation(
        0,
        None,
        "Allow",
        matched=False,
        elements=elements,
        clauses=moved,
        source=source,
        path=("Statement", 0),
    )


def test_long_statements_are_shown_around_their_marks():
    """A statement of many lines is cut to its beginning and the lines with marks."""
    statement = _long_statement(50, one_line=False)
    marks = failure_marks(statement, (Element.ACTION,), "s3:PutObject")
    lines = quote_statement(statement, marks, Paint(), 80)
    assert len(lines) < 12
    assert any("none of these 50 matches s3:PutObject" in line for line in lines)


def test_long_lines_are_cut_to_a_window():
    """Of a long line a window is shown; a mark outside of it gets a window of its own."""
    statement = _long_statement(2, one_line=True)
    wide = "x" * 300
    text = statement.source.text.replace("ec2:Action1", wide)
    source = Source("long.json", text, locate_json)
    clauses = tuple(
        type(entry)(
            entry.element, entry.pattern, value, entry.matched, entry.reason, source, entry.path
        )
        for entry, value in zip(statement.clauses, ("a", "b"), strict=True)
    )
    moved = StatementExplanation(
        0,
        None,
        "Allow",
        matched=False,
        elements=statement.elements,
        clauses=clauses,
        source=source,
        path=("Statement", 0),
    )
    lines = quote_statement(moved, failure_marks(moved, (Element.ACTION,), "s3:Get"), Paint(), 60)
    assert all(len(line) <= 60 for line in lines)
    assert sum(wide[:10] in line for line in lines) >= 1
    assert sum("^" in line for line in lines) == 2


def test_marks_of_a_match_leave_out_the_obvious():
    """An entry equal to the request, or a lone star, is not worth a mark."""
    assert match_marks(deny_all(), "s3:PutObject") == ()
    marks = match_marks(read_only(action="s3:getobject"), "s3:GetObject")
    assert [mark.remark for mark in marks] == [
        "matches s3:GetObject",
        f"matches {RESOURCE}",
        "the request has vpc-1",
    ]


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        (
            {"resolved": "arn:aws:s3:::x"},
            "arn:aws:s3:::x does not match arn:aws:s3:::reports/2026.csv",
        ),
        (
            {"reason": Reason.VARIABLE_UNRESOLVED},
            "a policy variable in it has no value in this request",
        ),
    ],
)
def test_resources_with_variables_show_what_they_became(more, remark):
    """A pattern with a variable shows its resolved text, or that it has none."""
    entry = clause(
        Element.RESOURCE, "arn:aws:s3:::${aws:x}", RESOURCE, 0, "Resource", matched=False, **more
    )
    statement = StatementExplanation(
        0,
        None,
        "Allow",
        matched=False,
        elements=((Element.RESOURCE, False),),
        clauses=(entry,),
        source=SOURCE,
        path=("Statement", 0),
    )
    marks = failure_marks(statement, (Element.RESOURCE,), "s3:GetObject")
    assert [mark.remark for mark in marks] == [remark]


def test_not_elements_are_told_as_exceptions():
    """Of a Not element the entry that matches is the one that keeps the statement out."""
    entry = clause(Element.NOT_ACTION, "s3:Put*", "s3:putobject", 0, "Action", 0, matched=True)
    near = StatementExplanation(
        0,
        None,
        "Allow",
        matched=False,
        elements=((Element.NOT_ACTION, False),),
        clauses=(entry,),
        source=SOURCE,
        path=("Statement", 0),
    )
    decider = Decider(
        Layer.IDENTITY_BASED_POLICY,
        Reason.NO_STATEMENT_ALLOWS,
        near=NearMiss("dev", near, (Element.NOT_ACTION,)),
    )
    text = render_text(answer(Verdict.IMPLICIT_DENY, decider), width=300)
    assert "whose NotAction takes out s3:Put*" in text.splitlines()[0]


def test_data_has_the_documented_keys_in_order():
    """The JSON form has the keys of the format, in a fixed order, and `json` takes it."""
    data = answer_to_dict(near_miss_answer())
    assert list(data) == [
        "decision",
        "request",
        "summary",
        "message",
        "reason",
        "relation",
        "decided_by",
        "layers",
        "paths",
        "missing_context",
        "residual",
        "unknowns",
        "context_detail",
        "notes",
        "hints",
    ]
    assert json.loads(json.dumps(data)) == data
    assert data["request"]["context"] == {"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ["a", "b"]}
    assert data["decided_by"] == [
        {
            "layer": "identity-based-policy",
            "policy": None,
            "statement": None,
            "sid": None,
            "effect": None,
            "file": None,
            "line": None,
            "column": None,
            "reason": "no-statement-allows",
            "near": {
                "policy": "dev",
                "statement": 0,
                "sid": "ReadOnly",
                "effect": "Allow",
                "file": "policies/dev.json",
                "line": 4,
                "column": 5,
                "failed": ["Action"],
            },
        }
    ]
    assert data["missing_context"] == ["aws:SourceVpc"]
    assert data["notes"][0]["code"] == "ipv6-without-prefix"


def test_data_of_a_decided_statement_names_its_place():
    """A deciding statement has index, Sid, effect, file, line and column."""
    entry = answer_to_dict(denied_answer())["decided_by"][0]
    assert entry == {
        "layer": "service-control-policy",
        "policy": "Guard",
        "statement": 1,
        "sid": None,
        "effect": "Deny",
        "file": "policies/dev.json",
        "line": 11,
        "column": 5,
        "reason": "statement-denies",
    }


def test_data_of_clauses_speaks_as_the_user_did():
    """A clause has element, pattern, value and whether it matches; the action is not folded."""
    layers = answer_to_dict(near_miss_answer(vpc=None))["layers"]
    clauses = layers[2]["policies"][0]["statements"][0]["clauses"]
    assert clauses[0] == {
        "element": "Action",
        "pattern": "s3:Get*",
        "value": "s3:PutObject",
        "matches": False,
        "reason": "pattern-mismatch",
        "line": 7,
        "column": 18,
    }
    assert clauses[3]["operator"] == "StringEquals"
    assert clauses[3]["value"] is None


def test_data_of_several_answers_has_the_whole():
    """Several answers stand under `answers`, with the worst verdict as the decision."""
    data = answers_to_dict([allowed_answer(), near_miss_answer()])
    assert list(data) == ["decision", "answers"]
    assert data["decision"] == "implicitDeny"


def test_a_residual_is_data_too():
    """A conditional answer carries its Condition blocks."""
    data = answer_to_dict(
        answer(Verdict.CONDITIONAL, residual=Either(), notes=(Note.IPV6_WITHOUT_PREFIX,))
    )
    assert data["residual"] == Either().to_condition()
    assert data["residual_detail"]["examples"] == {
        "allowed": {"aws:SourceVpc": "vpc-1"},
        "denied": {},
    }


def test_markdown_is_not_broken_by_what_users_write():
    """Stars, pipes and backticks of policies stay text in Markdown."""
    text = render_markdown(near_miss_answer(), verbose=True)
    assert text.startswith("**check the question**: requests for `s3:PutObject` never carry")
    assert r"s3:Get\*" in text.splitlines()[2]
    assert "| identity-based policy | does not allow |" in text
    assert "* an IPv6 address" in text
    assert render_markdown(allowed_answer()).startswith("**allowed**: ")
