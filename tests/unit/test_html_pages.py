"""The pages of test runs and findings, and the text of policies in pieces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.checks.finding import Finding, Place
from iamsim.checks.suppression import SuppressedFinding, Suppression
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.span import Source, Span
from iamsim.report.document import Column, Document, Section
from iamsim.report.findings import CheckedPolicy, findings_document
from iamsim.report.html.parts import Badge, Cell
from iamsim.report.html.policy_text import Anchor, Remark, TextMark, policy_blocks
from iamsim.report.writers.html import to_html
from tests.unit.pages import find_all, read_page, text_of

EVIL = "</script><script>alert(1)</script>"
SUITE = f"""
title: Reports
requests:
  - name: nora reads {EVIL}
    principal: arn:aws:iam::111122223333:user/nora
    action: s3:GetObject
    resource: arn:aws:s3:::harbor-reports/finance/2026.csv
    expect: allowed
  - name: nora writes
    principal: arn:aws:iam::111122223333:user/nora
    action: s3:PutObject
    resource: arn:aws:s3:::harbor-reports/finance/2026.csv
    expect: allowed
  - name: a broken question
    principal: nobody
    action: s3:PutObject
    expect: denied
"""


@pytest.fixture
def suite(tmp_path, monkeypatch, request):
    """A folder with a suite that fails, and the world of the examples beside it."""
    root = request.config.rootpath
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports.iamtest.yaml").write_text(SUITE, encoding="utf-8")
    return str(root / "corpus" / "examples" / "harbor")


def run_test(world, *options):
    """Run `iamsim test --format html` in the current folder, and read the page."""
    arguments = ["test", "--world", world, "--format", "html", "-o", "out.html", *options]
    code = main(arguments)
    return code, read_page(Path("out.html").read_text("utf-8"))


def test_a_run_shows_its_cases_and_explains_its_failures(suite):
    """Each case is a row; a failure is there with what was expected and the whole explanation."""
    code, page = run_test(suite)
    assert code == 1
    assert text_of(next(page.iter("title"))).startswith("not as expected: test run")
    assert text_of(find_all(page, "p", "summary")[0]) == "2 failed, 1 passed"
    (cases,) = [entry for entry in page.iter("table") if entry.get("id") == "cases"]
    rows = [" ".join(map(text_of, entry)) for entry in cases.iter("tr")]
    assert rows[1].startswith(f"nora reads {EVIL} passed allowed allowed reports.iamtest.yaml:4")
    assert rows[2].startswith("nora writes failed allowed denied")
    assert rows[3].startswith("a broken question failed denied error")
    failures = find_all(page, "details", "answer")
    assert failures[0].get("open") is not None
    assert "expected allowed" in text_of(failures[0])
    assert find_all(failures[0], "ol", "gates")
    assert "not an ARN" in text_of(failures[2]) or "principal" in text_of(failures[2])


def test_a_run_shows_coverage_in_the_text_of_policies(suite):
    """With coverage, each policy is there with its clauses marked, and what is missing in words."""
    _, page = run_test(suite, "--cov", "--mutate", "-k", "reads")
    summary = text_of(find_all(page, "p", "summary")[0])
    assert "% of all statements and clauses are covered" in summary
    assert "mutants: " in summary
    policies = find_all(page, "details", "policy-of")
    for kind in ("yes", "no"):
        assert any(find_all(policy, "mark", kind) for policy in policies)
    remarks = {text_of(entry) for entry in find_all(page, "p", "remark")}
    assert any("never matched" in remark for remark in remarks)
    survivors = [
        entry for entry in find_all(page, "details", "answer") if "survivor" in entry.get("id")
    ]
    assert "no case notices; this one would" in text_of(survivors[0])
    assert find_all(survivors[0], "pre")


def test_coverage_is_a_page_of_its_own_too(suite):
    """`--cov-report html:FILE` writes the section of a run's page alone."""
    _, page = run_test(suite, "--cov", "--cov-report", "html:cov.html", "-k", "reads")
    alone = read_page(Path("cov.html").read_text("utf-8"))
    sections = [
        text_of(entry)
        for whole in (page, alone)
        for entry in whole.iter("section")
        if entry.get("aria-labelledby") == "coverage-title"
    ]
    assert len(sections) == 2
    assert sections[0] == sections[1]
    assert "not all covered" in text_of(next(alone.iter("body")))


def test_a_run_names_files_that_it_cannot_read(suite, tmp_path):
    """Broken files come first."""
    (tmp_path / "broken.iamtest.yaml").write_text("requests: {", encoding="utf-8")
    code, page = run_test(suite)
    assert code == 2
    assert "broken.iamtest.yaml" in text_of(find_all(page, "details", "answer")[0])


def checked(*documents, folder):
    """Check policies with these texts."""
    validator = Validator(today="2026-11-25")
    found = []
    for number, text in enumerate(documents):
        name = f"{folder}/p{number}.json"
        found.append(CheckedPolicy(name, tuple(validator.validate_text(text, name))))
    return found


def test_findings_stand_in_the_text():
    """A finding is a row, an entry of its policy, and a remark below its line; what policies say
    stays text."""
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": EVIL, "Effect": "Allow", "Action": "s3:GetObjet", "Resource": "*"}
            ],
        },
        indent=2,
    )
    page = read_page(
        to_html(
            findings_document(
                checked(text, text.replace(EVIL, "").replace("Objet", "Object"), "{", folder="f")
            )
        )
    )
    (rows,) = [entry for entry in page.iter("table") if entry.get("id") == "findings"]
    codes = [find_all(entry, "code")[1].text for entry in list(rows.iter("tr"))[1:]]
    assert "UNSUPPORTED_SID" in codes
    assert "INVALID_ACTION" in codes
    assert EVIL in text_of(rows)
    details = find_all(page, "details", "policy-of")
    assert find_all(details[0], "mark")[0].text == json.dumps(EVIL)
    assert any("INVALID_ACTION" in text_of(entry) for entry in find_all(details[0], "p", "remark"))
    assert text_of(find_all(details[-1], "pre", "text")[0]) == "{"


def test_accepted_findings_have_their_reason():
    """What is suppressed is listed with who accepts it and why."""
    found = Finding("INVALID_ACTION", "no such action", (Place(()),), Source("p.json", "{}"))
    accepted = Suppression("INVALID_ACTION", f"we know {EVIL}", Source("s.toml", ""), ())
    policy = CheckedPolicy("p.json", (), (SuppressedFinding(found, accepted),))
    page = read_page(to_html(findings_document([policy], verbose=True)))
    (rows,) = [entry for entry in page.iter("table") if entry.get("id") == "suppressed"]
    assert f"we know {EVIL}" in text_of(rows)
    assert "suppressed error" in text_of(rows)


def test_no_findings_make_a_short_page():
    """A page about nothing says so."""
    page = read_page(to_html(findings_document([CheckedPolicy("a.json", ())])))
    assert text_of(find_all(page, "p", "summary")[0]) == "no findings in 1 policy"
    assert "nothing found" in text_of(next(page.iter("title")))


def test_cells_say_more_when_asked_and_long_tables_have_a_filter():
    """Titles, links and badges of cells; a field above a table of a dozen rows."""
    cells = (
        Cell("plain `code`", title="more"),
        Cell(badge=Badge("no", "denied"), title="because"),
        Cell("x" * 60, code=True, title="long"),
    )
    columns = tuple(
        Column(name, lambda row, number=number: row[number])
        for number, name in enumerate(("one", "two", "three"))
    )
    page = read_page(to_html(Document("Tables", (Section("t", "A table", columns, [cells] * 12),))))
    first = find_all(page, "tr")[1]
    assert [entry.get("title") for entry in first.iter() if entry.get("title")] == [
        "more",
        "because",
        "long",
    ]
    assert len(find_all(page, "p", "filter")) == 1


@st.composite
def marked_texts(draw):
    """A text with marks that form a tree or lie beside each other, as places of a text do."""
    text = draw(st.text("ab {}\n", max_size=60))
    cut = st.integers(0, len(text))
    marks = []
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(cut), draw(cut)))
        crossing = any(
            start < mark.start < end < mark.end or mark.start < start < mark.end < end
            for mark in marks
        )
        if start < end and not crossing:
            kind = draw(st.sampled_from(("yes", "no", "open", "none")))
            marks.append(TextMark(start, end, kind, draw(st.none() | st.just("why"))))
    return text, marks


@given(marked_texts(), st.booleans())
def test_pieces_give_the_text_back(case, reversed_):
    """However marks lie, the blocks hold the text, each character once, and each marked one is
    marked with the kind of a mark that covers it."""
    text, marks = case
    span = Span(Source("a", text), 0, len(text))
    blocks = policy_blocks(span, marks[::-1] if reversed_ else marks)
    pieces = ["".join(piece.text for piece in block.pieces) for block in blocks]
    assert "\n".join(pieces) == text.removesuffix("\n")
    offset = 0
    for block in blocks:
        for piece in block.pieces:
            covering = [
                mark
                for mark in marks
                if mark.start <= offset and offset + len(piece.text) <= mark.end
            ]
            if piece.text and piece.kind is not None:
                innermost = min(entry.end - entry.start for entry in covering)
                kinds = {entry.kind for entry in covering if entry.end - entry.start == innermost}
                assert piece.kind in kinds
            elif piece.text.strip("\n") and "\n" not in piece.text:
                assert not covering
            offset += len(piece.text)
        offset += 1


def test_of_a_long_line_only_the_policy_is_shown():
    """In a dump without line breaks, what stands around a policy is left out."""
    text = f"{{{'x' * 300}}}{{policy}}{'y' * 300}"
    (block,) = policy_blocks(Span(Source("a", text), 302, 310), [TextMark(303, 309, "no", None)])
    assert [piece.text for piece in block.pieces] == ["{", "policy", "}"]
    assert block.numbers == "1"


def test_blocks_break_at_remarks_statements_and_long_lines():
    """Lines with the same look are one block."""
    text = f"a\nb\nc\n{'d' * 200}\ne\r\nf"
    span = Span(Source("a", text), 0, len(text))
    blocks = policy_blocks(span, [], [Remark(2, "no", "why")], [Anchor(4, 5, "s", "yes")])
    assert [block.numbers for block in blocks] == ["1\n2", "3", "4", "5\n6"]
    assert [len(block.remarks) for block in blocks] == [1, 0, 0, 0]
    assert blocks[1].statement is not None
    assert blocks[1].pieces[0].anchor == "s"
    assert blocks[2].long
    assert blocks[3].pieces[0].text == "e\nf"
