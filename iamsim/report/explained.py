"""An answer as a document: the verdict and its reason, the layers in AWS's order, the statements
that decided quoted from their files, the ways in, what the request lacks, and the notes.

With `verbose`, every layer, policy, statement and clause, and the whole context with its origins.
Pages have the policies themselves beside the same texts (`iamsim.report.html.explain`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.core.errors import UnsupportedError
from iamsim.core.overall import overall_verdict
from iamsim.query.hints import doubts_of, hints_below
from iamsim.report.assumed import assumed_of, notes_below
from iamsim.report.document import (
    OUTCOME_KINDS,
    Badge,
    Block,
    Cell,
    Column,
    Document,
    Fields,
    Listing,
    Prose,
    Remark,
    Section,
    verdict_badge,
)
from iamsim.report.hints import hint_text, hint_warning
from iamsim.report.layers import LayerRow, absent_text, deciding_names, layer_rows
from iamsim.report.message import denied_message
from iamsim.report.quote import failure_marks, match_marks, quote_statement
from iamsim.report.summary import because
from iamsim.report.trace import context_section, trace_lines
from iamsim.report.unknowns import unknown_lines
from iamsim.report.ways import way_depends, way_text, ways_of_caller
from iamsim.words.sentences import NOTES, OUTCOMES, REASONS, VERDICTS, layer_name
from iamsim.words.wording import joined, shortened, statement_text

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import Decider, StatementExplanation, WayExplanation
    from iamsim.query.edits.model import EditReport

    Draw = Callable[[Answer, int], list[str]]

_QUOTED = 3  # statements quoted in the short form
_LONGEST = 300
_LAYER_WIDTH, _OUTCOME_WIDTH = 23, 14


def explained(
    answer: Answer,
    *,
    verbose: bool = False,
    draw: Draw | None = None,
    edits: EditReport | None = None,
) -> Document:
    """Lay an answer out; `draw` gives the lines of a drawing for a terminal, or none where there is
    no room for one; `edits` would change the answer."""
    blocks: list[Block] = [
        request_fields(answer),
        _layers(answer, verbose=verbose),
        *quotes(answer, most=None if verbose else _QUOTED),
        *([] if draw is None else [_drawing(answer, draw)]),
        _ways(answer, verbose=verbose),
        _points("missing", "missing context", missing_texts(answer, every=verbose)),
        _points("depends", "what it depends on", depends_texts(answer, in_full=verbose)),
        Prose("message", "AWS would say", _optional(denied_message(answer)), quoted=True),
        _points("notes", "notes", note_texts(answer)),
        _points("hints", "hints", hint_texts([answer])),
    ]
    if verbose:
        blocks.append(context_section(answer))
        blocks.append(
            Listing(
                "statements",
                "every statement",
                lambda paint, width: trace_lines(answer, paint, width),
            )
        )
    if edits is not None:
        from iamsim.report.edits import edits_blocks

        blocks += edits_blocks(edits)
    return Document(
        because(answer),
        tuple(blocks),
        verdict=_verdict(answer),
        warnings=warnings([answer]),
        sentence=True,
    )


def explained_in_short(answer: Answer) -> Document:
    """The verdict and its reason, and no more."""
    return Document(because(answer), verdict=_verdict(answer), sentence=True)


def explained_together(answers: Sequence[Answer], *, ending: str = "") -> Document:
    """The answers of one call: the verdict over all, then a row for each."""
    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    passed = sum(answer.allowed for answer in answers)
    columns: tuple[Column[tuple[int, Answer]], ...] = (
        Column("number", lambda row: str(row[0])),
        Column("verdict", lambda row: _verdict(row[1])),
        Column("why", lambda row: because(row[1])),
    )
    return Document(
        f"{passed} of {len(answers)} pairs of action and resource are allowed",
        (
            Section("pairs", "pairs", columns, list(enumerate(answers, 1))),
            _points("hints", "hints", hint_texts(answers)),
        ),
        verdict=verdict_badge(verdict)._replace(word=VERDICTS[verdict]),
        warnings=warnings(answers),
        summary=ending,
        sentence=True,
    )


def _verdict(answer: Answer) -> Badge:
    """The verdict in one word: the sentence behind it says more."""
    verdict = answer.decision.verdict
    return verdict_badge(verdict)._replace(word=VERDICTS[verdict])


def warnings(answers: Sequence[Answer]) -> tuple[Remark, ...]:
    """What is wrong with the questions of denials, which would be denied whatever policies say;
    and what the answers assume."""
    doubts = [hint_warning(hint) for answer in answers for hint in doubts_of(answer)]
    assumed = [Remark("assumed", text) for answer in answers for text in assumed_of(answer)]
    return tuple(dict.fromkeys((*doubts, *assumed)))


def request_fields(
    answer: Answer, *, whole: bool = False, name: str = "request", caption: str = ""
) -> Fields:
    """What was asked, and in which accounts caller and resource are; `whole` keeps long names and
    values as they are, and labels each value with its key."""
    request = answer.request
    longest = None if whole else _LONGEST
    pairs = [
        ("principal", _code(request.principal, longest)),
        ("action", _code(request.action, longest)),
        ("resource", _code(request.resource, longest)),
    ]
    for number, (key, value) in enumerate(request.context.items()):
        text = value if isinstance(value, str) else ", ".join(value)
        if whole:
            pairs.append((key, _code(text)))
        else:
            pairs.append(("context" if number == 0 else "", _code(f"{key} = {shortened(text)}")))
    relation = Cell(REASONS[answer.explanation.relation])
    return Fields(name, caption, (*pairs, ("relation", relation)))


def _code(text: str, longest: int | None = None) -> Cell:
    return Cell(text if longest is None else shortened(text, longest), code=True)


def _layers(answer: Answer, *, verbose: bool) -> Section[LayerRow]:
    """The layers, one row each; the absent layers share a sentence unless `verbose`."""
    deciding = deciding_names(answer)
    columns: tuple[Column[LayerRow], ...] = (
        Column("layer", lambda row: row.name, width=_LAYER_WIDTH),
        Column("outcome", lambda row: _outcome(row, deciding), width=_OUTCOME_WIDTH),
        Column("why", lambda row: row.detail),
    )
    rows = layer_rows(answer, all_levels=verbose)
    return Section("layers", "layers", columns, rows, ending="" if verbose else absent_text(answer))


def _outcome(row: LayerRow, deciding: set[str]) -> Badge:
    """A layer that does not allow is marked only where that decides."""
    kind = OUTCOME_KINDS[row.outcome]
    quiet = row.quiet and row.name not in deciding
    return Badge("none" if quiet else kind, OUTCOMES[row.outcome])


def quotes(answer: Answer, *, most: int | None = _QUOTED) -> tuple[Listing, ...]:
    """Quote the deciding statements, or for an implicit denial the near misses."""
    listings: dict[int, Listing] = {}
    for decider in answer.explanation.decided_by:
        near = decider.near
        statement = decider.statement or (None if near is None else near.statement)
        if statement is not None and id(statement) not in listings:
            listings[id(statement)] = _quote(statement, decider, answer, len(listings))
    return tuple(listings.values())[:most]


def _quote(
    statement: StatementExplanation, decider: Decider, answer: Answer, number: int
) -> Listing:
    action, near = answer.request.action, decider.near
    decides = decider.statement is not None
    if decides or near is None:
        marks = match_marks(statement, action)
    else:
        marks = failure_marks(statement, near.failed, action)
    policy = decider.policy or (None if near is None else near.policy)
    layer = layer_name(decider.layer, action, decider.level)
    of = f"{layer} `{shortened(policy, 80)}`" if policy else layer
    word = "decided by" if decides else "closest"
    return Listing(
        f"quote-{number}",
        f"{word}: {statement_text(statement.index, statement.sid)} of {of}",
        lambda paint, width: quote_statement(statement, marks, paint, width),
        statement.span.place,
    )


def _drawing(answer: Answer, draw: Draw) -> Listing:
    return Listing("picture", "picture", lambda _, width: draw(answer, width))


def _ways(answer: Answer, *, verbose: bool) -> Section[WayExplanation]:
    """Each way in, and of each layer on it whether it allows."""
    columns: tuple[Column[WayExplanation], ...] = (
        Column("state", lambda way: _state(way, answer), width=7),
        Column("way in", lambda way: way_text(way, answer)),
    )
    return Section("ways", "ways in", columns, ways_of_caller(answer, every=verbose))


def _state(way: WayExplanation, answer: Answer) -> Badge:
    if way_depends(way, answer):
        return Badge("open", "depends")
    return Badge("yes", "open") if way.open else Badge("no", "blocked")


def _points(name: str, caption: str, texts: Sequence[str]) -> Prose:
    return Prose(name, caption, tuple(texts), bulleted=True)


def _optional(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def missing_texts(answer: Answer, *, every: bool = False) -> list[str]:
    """The keys that policies read and the request lacks, and those with which another answer is
    possible; with `every`, keys that can't matter too."""
    missing = answer.explanation.missing
    asked = [key for key in missing if every or key.matters is not False]
    texts = []
    for unknown in (False, True):
        keys = [f"`{key.name}`" for key in asked if key.unknown is unknown]
        be = "is" if len(keys) == 1 else "are"
        what = f"which {be} not known" if unknown else "which the request lacks"
        if keys:
            texts.append(f"the policies ask for {joined(keys)}, {what}")
    matters = [key.name for key in missing if key.matters]
    if matters and texts:
        texts.append(f"another answer is possible with {joined(matters, 'or')}")
    return texts


def depends_texts(answer: Answer, *, in_full: bool = False) -> list[str]:
    """What a conditional answer depends on: in words, and `in_full` as Condition blocks."""
    residual = answer.residual
    if residual is None:
        return []
    lines = [*residual.description.splitlines(), *unknown_lines(answer)]
    texts = ["\n".join(line.strip() for line in lines)]
    return [*texts, *_conditions(answer)] if in_full else texts


def _conditions(answer: Answer) -> list[str]:
    """The Condition blocks, one of which must hold, as policies write them."""
    if answer.residual is None:
        return []
    try:
        blocks = answer.residual.to_condition()
    except UnsupportedError as error:
        return [error.message]
    return [f"Condition: {json.dumps(block, ensure_ascii=False)}" for block in blocks]


def note_texts(answer: Answer) -> list[str]:
    """The notes of an answer that do not stand first, each with its code."""
    return [f"{NOTES[note]} [{note.value}]" for note in notes_below(answer)]


def hint_texts(answers: Sequence[Answer]) -> list[str]:
    """What the service reference adds to answers, each hint once, with its code."""
    texts = (
        f"{hint_text(hint)} [{hint.kind.value}]"
        for answer in answers
        for hint in hints_below(answer)
    )
    return list(dict.fromkeys(texts))
