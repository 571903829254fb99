"""Laws of the HTML report: what was explained stands on the page, and nothing of it is markup."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given

from iamsim.report.html.explain import AnswerReport, answers_document
from iamsim.report.html.page import anchor
from iamsim.report.writers.html import to_html
from iamsim.suites.asked import scenario_of
from iamsim.suites.run import run_request
from iamsim.suites.scenario import scenario_from_data
from iamsim.symbolic.partial import answer
from iamsim.world.documents import parse_document
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases, standalone_cases
from tests.unit.pages import find_all, read_page, text_of

Data = dict[str, Any]


@given(cases(overlays=True))
def test_every_statement_of_an_explanation_is_on_the_page(case: tuple[Data, Data]) -> None:
    """Each statement is listed once with its number, effect and outcome, leads to its text, and
    each layer that has policies has a section; the page is well-formed whatever the world says."""
    question, world = question_of(*case)
    found = answer(question, world)
    page = read_page(to_html(answers_document([AnswerReport(found)])))
    listed = {
        entry[0].get("href"): text_of(entry)
        for group in find_all(page, "ul", "statements")
        for entry in group
    }
    count = 0
    for number, layer in enumerate(found.explanation.layers, 1):
        for position, policy in enumerate(layer.policies, 1):
            for statement in policy.statements:
                count += 1
                name = anchor("a1", "layer", number, position, statement.index + 1)
                text = listed[f"#{name}"]
                assert text.startswith(f"statement {statement.index + 1}")
                assert f", {statement.effect}: " in text
                assert statement.matched == (": matches" in text) or "depends" in text
    assert count == len(listed)
    policies = Counter(
        policy.name for entry in found.explanation.layers for policy in entry.policies
    )
    shown = Counter(
        find_all(entry, "span", "name")[0].text for entry in find_all(page, "details", "policy-of")
    )
    assert shown == policies


@given(standalone_cases())
def test_the_scenario_of_a_generated_question_asks_it_again(request: Data) -> None:
    """The scenario that a report holds gets the decision that the report shows."""
    question, world = question_of(None, request)
    found = answer(question, world)
    text = scenario_of(question, found)
    assert text is not None
    again = scenario_from_data(parse_document(text, "again.yaml"))
    assert run_request(again.requests[0], None).failures == ()
