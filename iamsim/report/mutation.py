"""The outcome of mutation testing: the score, and each survivor with the request that tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from iamsim.report.document import EVERY_FORM, SEPARATE, Badge, Block, Column, Entry, Section
from iamsim.suites.mutation.cases import case_text
from iamsim.suites.mutation.run import MutationResult, Verdict, score

_FATES = {
    Verdict.KILLED: Badge("yes", "noticed"),
    Verdict.SURVIVED: Badge("no", "survived"),
    Verdict.NO_WITNESS: Badge("no", "no witness"),
    Verdict.EQUIVALENT: Badge("none", "proved without effect"),
    Verdict.UNTRIED: Badge("open", "not tried"),
}


def mutation_blocks(
    results: Sequence[MutationResult], *, verbose: bool = False
) -> tuple[Block, ...]:
    """The survivors with the cases that would have noticed them; then all mutants,
    everywhere with `verbose`."""
    survivors = [
        _survivor(result, number)
        for number, result in enumerate(results, 1)
        if result.verdict in (Verdict.SURVIVED, Verdict.NO_WITNESS)
    ]
    columns: tuple[Column[MutationResult], ...] = (
        Column("change", lambda result: result.mutant.text),
        Column("kind", lambda result: result.mutant.kind),
        Column("outcome", lambda result: _FATES[result.verdict]),
        Column("noticed by", _killer),
        Column("place", lambda result: result.mutant.span.place, code=True),
    )
    forms = EVERY_FORM if verbose else SEPARATE
    mutants = Section("mutants", "Changes of policies", columns, results, cards=True, forms=forms)
    return *survivors, mutants


def _survivor(result: MutationResult, number: int) -> Entry:
    """A change that no case notices, with one that would where there is one."""
    witness = result.witness
    line = "no case notices, no request was found, and nothing is proved"
    if witness is not None:
        turns = f"{witness.before.value} becomes {witness.after.value}"
        line = f"no case notices; this one would ({turns}):"
    elif result.why:
        line = f"{line}: {result.why}"
    return Entry(
        f"survivor-{number}",
        _FATES[result.verdict],
        result.mutant.span.place,
        f"{result.mutant.text} ({result.mutant.kind})",
        (line,),
        code="" if witness is None else case_text(result, witness).rstrip(),
        language="yaml",
    )


def _killer(result: MutationResult) -> str:
    return "" if result.killed_by is None else result.killed_by.request.title


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
        "killed_by": None if result.killed_by is None else result.killed_by.id,
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
