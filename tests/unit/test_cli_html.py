"""`--format html` of `iamsim explain` together with its other options."""

from __future__ import annotations

import pytest

from iamsim.cli.main import main
from tests.unit.pages import find_all, read_page, text_of

WORLD = "corpus/examples/harbor"
FILE = "arn:aws:s3:::harbor-reports/finance/2026.csv"
DEPLOY = ("-p", "arn:aws:iam::111122223333:role/deploy", "-r", FILE)
DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/deploy/SESSION_NAME is not authorized to perform:"
    f' s3:DeleteObject on resource: "{FILE}" because no permissions boundary allows the'
    " s3:DeleteObject action"
)
SCENARIO = """
title: t
requests:
  - name: one
    principal: arn:aws:iam::111122223333:user/a
    action: [s3:GetObject, s3:PutObject]
    identity_policies: []
    expect: allowed
  - {name: two, principal: nobody, action: s3:GetObject, expect_error: invalid-principal}
"""


@pytest.fixture
def page(capsys, monkeypatch, request):
    """Run `iamsim explain --format html` in the checkout, and read its page."""
    monkeypatch.chdir(request.config.rootpath)

    def run(*arguments, code=0):
        assert main(["explain", *arguments, "--format", "html"]) == code
        return read_page(capsys.readouterr().out)

    return run


def test_an_answer_with_its_edits_and_its_scenario(page):
    """`--edits` is a part of the page; the scenario names the world as it was given."""
    found = page("--world", WORLD, *DEPLOY, "-a", "s3:DeleteObject", "--edits")
    assert find_all(found, "ol", "numbered")
    (scenario,) = [entry for entry in found.iter("pre") if entry.get("id") == "a1-scenario-text"]
    assert f"world: {WORLD}" in text_of(scenario)


def test_both_answers_of_a_change(page):
    """`--diff` shows how the answers differ, then each; without it the changed answer is there, and
    no scenario, which could not say what is changed."""
    change = (
        "--world",
        WORLD,
        *DEPLOY,
        "-a",
        "s3:DeleteObject",
        "--without-layer",
        "permissions-boundary",
    )
    found = page(*change, "--diff")
    assert [entry.text.partition(":")[0] for entry in found.iter("h2")][1:] == [
        "as it is",
        "what if",
    ]
    assert "permissions boundary" in text_of(find_all(found, "details", "answer")[0][2])
    (told,) = [entry for entry in map(text_of, found.iter("li")) if "what differs: " in entry]
    assert told.startswith("from denied implicitly to allowed: s3:DeleteObject on ")
    assert ", permissions boundary" in told
    found = page(*change)
    assert text_of(find_all(found, "span", "badge")[0]) == "allowed"
    assert "a1-scenario-text" not in [entry.get("id") for entry in found.iter("pre")]


def test_a_chain_of_roles(page):
    """The answers of the hops come first; `--diff` has them as well."""
    chain = (
        "--world",
        WORLD,
        "-p",
        "codebuild.amazonaws.com",
        "--assume",
        "pipeline",
        "-a",
        "s3:PutObject",
        "-r",
        FILE,
    )
    for more in ((), ("--diff",)):
        found = page(*chain, *more)
        assert find_all(found, "h2")[1].text.startswith("hop 1: sts:AssumeRole")


def test_denials(page):
    """A message has what AWS said in front; one page shows all messages of a text."""
    found = page(
        "--world",
        WORLD,
        "--denied",
        f"{DENIED}\n{DENIED.replace('Delete', 'Put')}",
        "--edits",
        code=1,
    )
    assert text_of(find_all(found, "pre")[0]).startswith(("explained", "not explained"))
    assert find_all(found, "ol", "numbered")
    assert len(find_all(found, "details", "answer")) == 2


def test_scenario_files(page, tmp_path):
    """The requests of files have their names; what is not as expected, and errors, are said."""
    found = page("corpus/examples/why-was-this-denied.yaml")
    assert len(find_all(found, "details", "answer")) > 1
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    found = page(str(file), code=1)
    assert "one: s3:PutObject" in text_of(found)
    assert "not as expected" in text_of(found)
    told = [text_of(entry) for entry in next(found.iter("main")).iter("li")]
    assert "one: expected allowed, got implicitDeny" in told
    assert any(text.startswith("two: nobody names no principal") for text in told)


def test_quiet_stays_quiet(capsys, monkeypatch, request):
    """`-q` gives the verdict alone, in every format but JSON."""
    monkeypatch.chdir(request.config.rootpath)
    main(
        [
            "explain",
            "--world",
            WORLD,
            *DEPLOY,
            "-a",
            "s3:PutObject",
            "-q",
            "--format",
            "html",
            "--edits",
        ]
    )
    assert capsys.readouterr().out == "allowed\n"
