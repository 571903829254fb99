"""`iamsim explain SCENARIO...`: a line for each request, and what was not as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.report.paint import Paint
from iamsim.report.summary import summary
from iamsim.report.text import render_text
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario
from iamsim.words.sentences import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.core.answer import Answer
    from iamsim.suites.run import CaseResult
    from iamsim.suites.scenario import Scenario

__all__ = ["explain_scenarios"]

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
        lines = [_word(result) for _, results in runs for result in results]
        return "".join(f"{line}\n" for line in lines), all_met
    if form == "html":
        from iamsim.cli.explain_html import results_html  # noqa: PLC0415 - text needs none

        return results_html([result for _, results in runs for result in results]), all_met
    if form == "markdown":
        return _markdown(runs), all_met
    paint = Paint(color)
    blocks = [_text(scenario, results, paint, verbose, width) for scenario, results in runs]
    return "\n".join(blocks) + _count(runs), all_met


def _text(
    scenario: Scenario, results: list[CaseResult], paint: Paint, verbose: bool, width: int
) -> str:
    lines = [f"{paint.title(scenario.title)} {paint.quiet(f'({scenario.source_name})')}"]
    for result in results:
        mark = paint.good("ok  ") if result.met else paint.bad("FAIL")
        word = f"{_word(result):<12}"
        if result.verdict is not None:
            word = paint.verdict(word, result.verdict)
        lines.append(f"  {mark} {word} {result.request.title}")
        lines += [f"       {paint.bad(failure)}" for failure in result.failures]
        if verbose:
            for answer in result.answers:
                text = render_text(answer, verbose=True, color=paint.on, width=width - 7)
                lines += [f"       {line}".rstrip() for line in ("", *text.splitlines(), "")]
        elif not result.met:
            lines += [f"       {summary(answer)}" for answer in result.answers]
    return "\n".join(lines) + "\n"


def _word(result: CaseResult) -> str:
    """The verdict, or that there is none."""
    return "error" if result.verdict is None else result.verdict.value


def _count(runs: list[Run]) -> str:
    results = [result for _, some in runs for result in some]
    failed = sum(not result.met for result in results)
    expected = sum(
        result.request.expect is not None
        or result.request.expect_error is not None
        or result.request.because is not None
        for result in results
    )
    text = f"\n{len(results)} request{'s' if len(results) != 1 else ''}"
    if expected:
        text += f", {failed} not as expected" if failed else ", all as expected"
    return f"{text}\n"


def _json(runs: list[Run]) -> str:
    import json  # noqa: PLC0415 - text needs none

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
    return json.dumps({"scenarios": data}, indent=2, ensure_ascii=False) + "\n"


def _answer_data(answers: Sequence[Answer]) -> object:
    """One answer, several with the verdict over all, or none."""
    from iamsim.report.data import answer_to_dict, answers_to_dict  # noqa: PLC0415

    if not answers:
        return None
    return answer_to_dict(answers[0]) if len(answers) == 1 else answers_to_dict(answers)


def _markdown(runs: list[Run]) -> str:
    from iamsim.report.cleaning import for_markdown  # noqa: PLC0415 - text needs none

    lines: list[str] = []
    for scenario, results in runs:
        lines += [
            f"## {for_markdown(scenario.title)}",
            "",
            "| request | answer | why |",
            "|---|---|---|",
        ]
        for result in results:
            why = "; ".join(summary(answer).partition(": ")[2] for answer in result.answers)
            met = "error" if result.verdict is None else VERDICTS[result.verdict]
            met += "" if result.met else " (not as expected)"
            if result.error is not None:
                why = result.error.message
            cells = (result.request.title, met, why)
            lines.append(f"| {' | '.join(map(for_markdown, cells))} |")
        lines.append("")
    return "\n".join(lines)
