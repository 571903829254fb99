"""Laws of validation: no document breaks it, and every finding has its place."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.catalog import managed
from iamsim.checks.arn_formats import can_overlap, cut_arn, read_format
from iamsim.checks.codes import FindingType
from iamsim.checks.finding import Finding, Place
from iamsim.checks.reading import recognize_type
from iamsim.checks.reference import Reference
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from tests.unit.test_checks_corpus import FILES, read_document

POLICIES = [case["policy"] for path in FILES for case in read_document(path).data["fires"]]
SCALARS = st.sampled_from(
    [None, True, False, 0, -1, 2.5, "", "*", "arn:aws:s3:::b/*", "${aws:username}", "Allow"]
)
VALIDATOR = Validator()


def mutate(value, tape):
    """Change one part of plain data: take it away, double it, or put something else there."""
    if isinstance(value, dict) and value and tape.random() < 0.8:
        name = tape.choice(sorted(value))
        changed = dict(value)
        if tape.random() < 0.15:
            del changed[name]
        elif tape.random() < 0.15:
            changed[tape.choice(["Sid", "NotAction", "StringLike", "aws:", "Condition", name])] = (
                changed[name]
            )
        else:
            changed[name] = mutate(value[name], tape)
        return changed
    if isinstance(value, list) and value and tape.random() < 0.8:
        index = tape.randrange(len(value))
        return [*value[:index], mutate(value[index], tape), *value[index + tape.randrange(2) :]]
    if isinstance(value, str) and value and tape.random() < 0.6:
        index = tape.randrange(len(value))
        return value[:index] + tape.choice(["*", "?", ":", "${", "}", "", "/", "é"]) + value[index:]
    return tape.choice([None, True, 7, "", "*", [], {}, ["*", 1], {"AWS": "*"}, "arn:aws:::"])


@given(st.sampled_from(POLICIES), st.integers(0, 2**32), st.sampled_from(list(PolicyType)))
def test_no_mutated_document_breaks_a_check(text, seed, policy_type):
    """Whatever a policy is changed to, it gets findings whose places lie in its text."""
    tape = random.Random(seed)  # noqa: S311 - a seeded source of changes
    try:
        data = json.loads(text)
    except ValueError:
        data = {}
    for _ in range(tape.randrange(1, 5)):
        data = mutate(data, tape)
    written = json.dumps(data, ensure_ascii=tape.random() < 0.5, indent=tape.choice([None, 1]))
    for found in VALIDATOR.validate_text(written, "policy", policy_type):
        assert len(found.spans) == len(found.places) > 0
        for span in found.spans:
            assert 0 <= span.start <= span.end <= len(written)


@given(st.text(max_size=60))
def test_no_text_breaks_validation(text):
    """A text that is no policy gets a finding, never an error."""
    assert VALIDATOR.validate_text(text) or text.strip()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_is_recognized_as_some_type(data):
    """Recognizing the type of a document never fails."""
    assert recognize_type({"Statement": data}) in PolicyType


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:*"}, PolicyType.IDENTITY),
        ({"Principal": "*", "Action": "s3:*"}, PolicyType.RESOURCE),
        ({"Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"]}, PolicyType.TRUST),
        ({"Principal": "*", "Action": ["sts:AssumeRole", "s3:*"]}, PolicyType.RESOURCE),
        ({"NotPrincipal": {}, "NotAction": "s3:*"}, PolicyType.RESOURCE),
    ],
)
def test_the_type_is_recognized(statement, expected):
    """Principals make a resource-based policy, with actions of STS alone a role trust policy."""
    assert recognize_type({"Statement": statement}) is expected
    assert recognize_type({"Statement": [statement]}) is expected


def test_a_managed_policy_has_no_faults_of_form():
    """AWS's own policies get no error but those that rest on a snapshot of the reference."""
    arns = managed.arns()[::40]
    found = [
        entry
        for arn in arns
        for entry in VALIDATOR.validate_text(managed.find_managed_policy(arn).document_text)
        if entry.finding_type is FindingType.ERROR
    ]
    assert len(arns) > 30
    assert [finding.code for finding in found if finding.snapshot is None] == []


def test_findings_come_in_the_order_of_the_text():
    """Findings are sorted by where they start."""
    text = '{"Statement": [{"Effect": "allow", "Action": [], "Resource": ["x"], "Sid": ""}]}'
    found = VALIDATOR.validate_text(text)
    starts = [entry.spans[0].start for entry in found]
    assert len(found) >= 4
    assert starts == sorted(starts)


def test_select_and_ignore():
    """With a selection only its codes are given, and what is ignored never is."""
    text = '{"Statement": [{"Effect": "allow", "Action": [], "Resource": "*"}]}'
    only = Validator(select=("INVALID_EFFECT", "MISSING_VERSION"), ignore=("MISSING_VERSION",))
    assert [finding.code for finding in only.validate_text(text)] == ["INVALID_EFFECT"]
    none = Validator(ignore=("INVALID_EFFECT", "MISSING_VERSION", "EMPTY_ARRAY_ACTION"))
    assert none.validate_text(text) == ()


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12), st.booleans())
def test_a_part_of_a_text_is_found_behind_escapes(before, part, after, ascii_only):
    """The span of a part of a JSON string holds just what that part is written as."""
    text = json.dumps({"a": before + part + after}, ensure_ascii=ascii_only)
    source = Source("policy", text, locate_json)
    place = Place(("a",), len(before), len(part))
    found = Finding("INVALID_ACTION", "message", (place,), source)
    assert json.loads(f'"{found.spans[0].text}"') == part


FORMAT = "arn:${Partition}:s3:${Region}:${Account}:accesspoint/${Name}"


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("accesspoint/app", True),
        ("accesspoint/*", True),
        ("access*", True),
        ("*", True),
        ("accesspoint/", True),
        ("accesspoin?/x", True),
        ("bucket/*", False),
        ("accesspoint", False),
        ("?", False),
    ],
)
def test_a_pattern_fits_a_format(pattern, fits):
    """A pattern fits where some resource of the format is covered by it."""
    assert read_format(FORMAT).fits_resource(pattern) is fits


ATOMS = st.lists(st.sampled_from(["a", "b", "**", "??"]), max_size=6).map(tuple)


@given(ATOMS, ATOMS)
def test_overlapping_is_symmetric(first, second):
    """Which of two patterns comes first plays no role."""
    assert can_overlap(first, second) is can_overlap(second, first)


@given(ATOMS, st.text("ab", max_size=6))
def test_a_text_overlaps_the_patterns_that_match_it(pattern, text):
    """A pattern without wildcards overlaps another exactly where that one matches it."""
    written = "".join({"**": "[ab]*", "??": "[ab]"}.get(atom, atom) for atom in pattern)
    assert can_overlap(pattern, tuple(text)) is bool(re.fullmatch(written, text))


def test_colons_in_variables_do_not_cut_an_arn():
    """An ARN is cut at its own colons."""
    arn = cut_arn("arn:aws:s3:::home/${aws:username}/*")
    assert arn is not None
    assert arn.resource == "home/${aws:username}/*"
    assert cut_arn("arn:aws:s3:${aws:username}") is None


def test_every_format_of_the_reference_fits_itself():
    """Each ARN format of the reference, its variables left open, fits itself."""
    reference = Reference()
    count = 0
    for service in sorted(reference.services):
        for form in reference.arn_formats(service):
            assert form.fits_resource(form.resource)
            count += 1
    assert count > 1_000
