"""`iamsim explain SCENARIO...`: a line for each request, and what was not as expected."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.answer import Answer
from iamsim.report.cleaning import to_json
from iamsim.report.paint import Paint
from iamsim.report.scenarios import result_word, scenarios_document
from iamsim.suites.run import CaseResult, run_scenario
from iamsim.suites.scenario import Scenario, load_scenario

Run = tuple["Scenario", "list[CaseResult]"]


def explain_scenarios(
    files: Sequence[str], *, form: str, verbose: bool, quiet: bool, color: bool, width: int
) -> tuple[str, bool]:
    """Run scenario files; gives the text to write, and whether every expectation was met."""
    runs: list[Run] = []
    for file in files:
        scenario = load_scenario(file)
        runs.append((scenario, run_scenario(scenario)))
    all_met = all(result.met for _, results in runs for result in results)
    if form == "json":
        return _json(runs), all_met
    if quiet:
        lines = [result_word(result) for _, results in runs for result in results]
        return "".join(f"{line}\n" for line in lines), all_met
    if form == "html":
        from iamsim.cli.explain_html import results_html

        return results_html([result for _, results in runs for result in results]), all_met
    document = scenarios_document(runs, verbose=verbose)
    if form == "markdown":
        from iamsim.report.writers.markdown import to_markdown

        return to_markdown(document), all_met
    from iamsim.report.writers.text import to_text

    return to_text(document, Paint(color), width), all_met


def _json(runs: list[Run]) -> str:

    data = [
        {
            "title": scenario.title,
            "file": scenario.source_name,
            "requests": [
                {
                    "name": result.request.title,
                    "met": result.met,
                    "failures": list(result.failures),
                    "answer": _answer_data(result.answers),
                    "error": None if result.error is None else result.error.code,
                }
                for result in results
            ],
        }
        for scenario, results in runs
    ]
    return to_json({"scenarios": data})


def _answer_data(answers: Sequence[Answer]) -> object:
    """One answer, several with the verdict over all, or none."""
    from iamsim.report.data import answer_to_dict, answers_to_dict

    if not answers:
        return None
    return answer_to_dict(answers[0]) if len(answers) == 1 else answers_to_dict(answers)
