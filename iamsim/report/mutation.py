"""The outcome of mutation testing: the score, and each survivor with the request that tells."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

from iamsim.report.paint import Paint
from iamsim.suites.mutation.cases import case_text
from iamsim.suites.mutation.run import Verdict, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.suites.mutation.run import MutationResult

__all__ = ["mutation_to_dict", "render_mutation", "score_line"]

_INDENT = "     "


def render_mutation(
    results: Sequence[MutationResult], *, verbose: bool = False, color: bool = False
) -> str:
    """Write the survivors with the cases that would have noticed them, and the score; with
    `verbose`, all mutants."""
    paint = Paint(color)
    lines = [paint.title("mutation")]
    for result in results:
        mutant = result.mutant
        place = paint.name(mutant.span.place)
        if result.verdict is Verdict.SURVIVED and result.witness is not None:
            witness = result.witness
            turns = f"{witness.before.value} becomes {witness.after.value}"
            lines += [
                "",
                f"{paint.bad('SURVIVED')} {place}  {mutant.text} ({mutant.kind})",
                f"{_INDENT}no case notices; this one would ({turns}):",
                textwrap.indent(case_text(result, witness).rstrip(), f"{_INDENT}  "),
            ]
        elif result.verdict is Verdict.NO_WITNESS:
            lines += [
                "",
                f"{paint.bad('NO WITNESS')} {place}  {mutant.text} ({mutant.kind})",
                f"{_INDENT}no case notices, no request was found, and nothing is proved"
                + (f": {result.why}" if result.why else ""),
            ]
        elif verbose:
            killer = result.killed_by
            by = "" if killer is None else f" by {killer.request.title}"
            lines.append(f"  {result.verdict.value}{by}: {place}  {mutant.text} ({mutant.kind})")
    whole = score(results)
    line = score_line(results)
    return "\n".join([*lines, "", paint.good(line) if whole == 100 else line]) + "\n"  # noqa: PLR2004 - percent


def score_line(results: Sequence[MutationResult]) -> str:
    """Count the mutants by what became of them, with the score in whole percent; those that were
    not tried where there are some."""
    counts = Counter(result.verdict for result in results)
    text = ", ".join(
        f"{counts[verdict]} {verdict.value}"
        for verdict in Verdict
        if verdict not in {Verdict.UNTRIED, Verdict.NO_WITNESS} or counts[verdict]
    )
    return f"{len(results)} mutants: {text}; score {int(score(results))} %"


def mutation_to_dict(results: Sequence[MutationResult]) -> dict[str, Any]:
    """Turn the outcome into plain data."""
    counts = Counter(result.verdict for result in results)
    return {
        "score": round(score(results), 2),
        **{verdict.value: counts[verdict] for verdict in Verdict},
        "mutants": [_data(result) for result in results],
    }


def _data(result: MutationResult) -> dict[str, Any]:
    mutant, witness = result.mutant, result.witness
    data: dict[str, Any] = {
        "kind": mutant.kind,
        "text": mutant.text,
        "policy": mutant.subject.policy.name,
        "file": mutant.span.source.name,
        "line": mutant.span.line,
        "column": mutant.span.column,
        "verdict": result.verdict.value,
        "killedBy": None if result.killed_by is None else result.killed_by.id,
        "witness": None,
        "why": result.why,
    }
    if witness is not None:
        question = witness.question
        data["witness"] = {
            "principal": question.principal,
            "action": question.action,
            "resource": question.resource,
            "context": {
                key: value if isinstance(value, str) else list(value)
                for key, value in question.context.items()
            },
            "before": witness.before.value,
            "after": witness.after.value,
        }
    return data
