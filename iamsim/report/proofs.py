"""What checks and claims say, laid out as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.proofs.result import CheckResult, Verdict, worst
from iamsim.report.document import Badge, Block, Column, Document, Prose, Remark, Section
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from iamsim.proofs.prove import EverAllowed

BADGES = {
    Verdict.PASS: Badge("yes", "PASS"),
    Verdict.FAIL: Badge("no", "FAIL"),
    Verdict.UNKNOWN: Badge("open", "UNKNOWN"),
}


def result_document(result: CheckResult, title: str) -> Document:
    """One check of documents; `title` says what is checked."""
    reasons = tuple(reason.description for reason in result.reasons)
    blocks: list[Block] = []
    if reasons:
        blocks.append(Prose("reasons", "Reasons", reasons))
    blocks += _evidence(result)
    return Document(
        title,
        tuple(blocks),
        tuple(claims_remarks((result,))),
        f"{result.result}: {result.message.rstrip('.')}",
        BADGES[result.verdict],
    )


def _evidence(result: CheckResult) -> list[Block]:
    """The request that refutes, or why nothing is known."""
    sections: list[Block] = []
    if result.witness is not None:
        name = "witness" if result.name is None else f"witness of {result.name}"
        caption = "A request that shows it" if result.name is None else result.name
        sections.append(Prose(name, caption, (witness_text(result.witness),), code=True))
    if result.why_unknown is not None and result.name is None:
        sections.append(Prose("why", "Why it is not known", (result.why_unknown,)))
    return sections


def witness_text(witness: Mapping[str, Any]) -> str:
    """A request as a scenario writes it."""
    return write_yaml(dict(witness)).rstrip("\n")


def ever_document(ever: EverAllowed, asked: str) -> Document:
    """Who is ever allowed something."""
    columns: tuple[Column[Mapping[str, Any]], ...] = (
        Column("principal", lambda witness: witness["principal"], code=True),
        Column("action", lambda witness: witness["action"], code=True),
        Column("resource", lambda witness: witness["resource"], code=True),
        Column("for example with", _context_text),
    )
    unknown: tuple[Column[tuple[str, str]], ...] = (
        Column("principal", lambda pair: pair[0], code=True),
        Column("why it is not known", lambda pair: pair[1]),
    )
    number = len(ever.witnesses)
    word = "caller is" if number == 1 else "callers are"
    left = f"; of {len(ever.unknown)} it is not known" if ever.unknown else ""
    badge = Badge("yes", "allowed") if number else Badge("no", "never allowed")
    if not number and ever.unknown:
        badge = Badge("open", "not known")
    return Document(
        f"is {asked} ever allowed?",
        (
            Section("allowed", "Allowed", columns, ever.witnesses, headed=True),
            Section("unknown", "Not known", unknown, tuple(ever.unknown.items()), headed=True),
        ),
        tuple(Remark("note", f"assumed: {sentence}") for sentence in ever.assumptions),
        f"{number or 'no'} {word} allowed it{left}",
        badge,
    )


def ever_data(ever: EverAllowed) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "allowed": [dict(witness) for witness in ever.witnesses],
        "unknown": [{"principal": name, "why": why} for name, why in ever.unknown.items()],
        "assumptions": list(ever.assumptions),
    }


def _context_text(witness: Mapping[str, Any]) -> str:
    """The context of a request in one line."""
    return ", ".join(
        f"{key} = {' '.join(value) if isinstance(value, list) else value}"
        for key, value in witness.get("context", {}).items()
    )


def claims_blocks(results: Sequence[CheckResult]) -> list[Block]:
    """Several claims, with the requests that refute them."""
    columns: tuple[Column[CheckResult], ...] = (
        Column("result", lambda result: BADGES[result.verdict]),
        Column("claim", lambda result: result.name or ""),
        Column("says", _says),
    )
    blocks: list[Block] = [Section("claims", "Claims", columns, results, headed=True)]
    for result in results:
        blocks += _evidence(result)
    return blocks


def claims_remarks(results: Sequence[CheckResult]) -> list[Remark]:
    """On what several answers rest, each said once."""
    return [Remark("note", f"assumed: {sentence}") for sentence in assumptions_of(results)]


def assumptions_of(results: Sequence[CheckResult]) -> tuple[str, ...]:
    """The same as sentences."""
    return tuple(dict.fromkeys(text for result in results for text in result.assumptions))


def claims_document(results: Sequence[CheckResult]) -> Document:
    """Several claims about one world."""
    verdict = worst(tuple(results))
    held = sum(result.verdict is Verdict.PASS for result in results)
    return Document(
        "what must hold for every request",
        tuple(claims_blocks(results)),
        tuple(claims_remarks(results)),
        f"{held} of {len(results)} claims are proved",
        BADGES[verdict],
    )


def _says(result: CheckResult) -> str:
    """Why a claim fails, or is not settled."""
    if result.why_unknown is not None:
        return result.why_unknown
    return "; ".join(reason.description for reason in result.reasons) or result.message


def claims_data(results: Sequence[CheckResult]) -> dict[str, Any]:
    """The same as JSON-ready data."""
    return {
        "result": worst(tuple(results)).value,
        "claims": [result.to_dict() for result in results],
    }


def claims_lines(results: Sequence[CheckResult]) -> list[str]:
    """A line for each claim."""
    return [f"{result.result} {result.name or ''}".rstrip() for result in results]
