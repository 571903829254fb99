"""The matrix of access as a document and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Verdict
from iamsim.report.access_words import (
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    decided_by,
    principal_name,
)
from iamsim.report.document import (
    EVERY_FORM,
    GROUPED,
    SEPARATE,
    Badge,
    Cell,
    Column,
    Document,
    Form,
    Json,
    Section,
    verdict_badge,
)
from iamsim.words.sentences import LAYERS

if TYPE_CHECKING:
    from iamsim.query.batch import BatchAnswer
    from iamsim.query.matrix import Column as RequestColumn
    from iamsim.query.matrix import Matrix, Row
    from iamsim.world.model import World

_READ = EVERY_FORM - {Form.CSV}  # CSV has one kind of row
LAYER_SIGNS = {
    Layer.SERVICE_CONTROL_POLICY: "SCP",
    Layer.RESOURCE_CONTROL_POLICY: "RCP",
    Layer.RESOURCE_BASED_POLICY: "resource",
    Layer.IDENTITY_BASED_POLICY: "identity",
    Layer.PERMISSIONS_BOUNDARY: "boundary",
    Layer.SESSION_POLICY: "session",
    Layer.VPC_ENDPOINT_POLICY: "endpoint",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "public",
}


class Request(NamedTuple):
    """One cell: a caller with its row of answers, and the number of the column."""

    row: Row
    number: int


def matrix_document(matrix: Matrix, model: World) -> Document:
    """The requests by number, a matrix of them for each account, a legend, and every cell with
    what decides it where there is room."""
    requests: Section[tuple[int, RequestColumn]] = Section(
        "requests",
        "",
        (
            Column("number", lambda row: f"({row[0]})"),
            Column("request", lambda row: f"{row[1].action} on {row[1].resource}", code=True),
        ),
        list(enumerate(matrix.columns, 1)),
        forms=_READ,
    )
    callers: tuple[Column[Row], ...] = (
        Column("", lambda row: principal_name(row.candidate), GROUPED, code=True),
        Column("principal", lambda row: row.candidate.principal, SEPARATE, code=True),
        *(
            column
            for number in range(len(matrix.columns))
            for column in _cell_columns(number, matrix)
        ),
    )
    cells: Section[Row] = Section(
        "matrix",
        "Matrix",
        callers,
        matrix.rows,
        lambda row: account_title(row.candidate, model),
        headed=True,
        forms=_READ,
    )
    blocks = (requests, cells, _legend(matrix), _reasons(matrix))
    return Document("access matrix", blocks, summary=_count(matrix))


def _cell_columns(number: int, matrix: Matrix) -> tuple[Column[Row], ...]:
    """A column of the matrix: with numbered conditions, or with what decides on demand."""
    action = matrix.columns[number].action

    def conditions(row: Row) -> list[str]:
        condition = condition_of(row.answers[number])
        return [] if condition is None else [condition]

    def explained(row: Row) -> Cell:
        answer = row.answers[number]
        return Cell(badge=_sign(answer), title=reason_of(answer, action))

    name = f"({number + 1})"
    return (
        Column(name, lambda row: _sign(row.answers[number]), GROUPED, conditions=conditions),
        Column(name, explained, frozenset({Form.HTML})),
    )


def _sign(answer: BatchAnswer) -> Badge:
    """`yes`, `if`, or `no` and `DENY` with the layer."""
    if answer.residual is not None:
        return Badge("open", "if")
    if answer.verdict is Verdict.ALLOWED:
        return Badge("yes", "yes")
    word = "DENY" if answer.verdict is Verdict.EXPLICIT_DENY else "no"
    layer = answer.decision.layer
    return Badge("no", word if layer is None else f"{word} {LAYER_SIGNS[layer]}")


def _legend(matrix: Matrix) -> Section[tuple[str, str]]:
    answers = [answer for row in matrix.rows for answer in row.answers]
    layers = {
        answer.decision.layer
        for answer in answers
        if answer.residual is None and answer.verdict is not Verdict.ALLOWED
    }
    rows = [("yes", "allowed"), ("if", "allowed under a condition"), ("no", "nothing allows it")]
    rows.append(("DENY", "denied explicitly"))
    rows += [
        (sign, f"the {LAYERS[layer]} lacks the allow, or denies")
        for layer, sign in LAYER_SIGNS.items()
        if layer in layers
    ]
    columns: tuple[Column[tuple[str, str]], ...] = (
        Column("sign", lambda row: row[0]),
        Column("meaning", lambda row: row[1]),
    )
    return Section("legend", "legend", columns, rows, forms=_READ)


def _reasons(matrix: Matrix) -> Section[Request]:
    """A row for each cell."""

    def column(cell: Request) -> RequestColumn:
        return matrix.columns[cell.number]

    def answer(cell: Request) -> BatchAnswer:
        return cell.row.answers[cell.number]

    def by(cell: Request) -> str:
        if answer(cell).residual is not None:
            return ""
        return decided_by(answer(cell).decision, column(cell).action)

    columns: tuple[Column[Request], ...] = (
        Column("principal", lambda cell: cell.row.candidate.principal, code=True),
        Column("kind", lambda cell: cell.row.candidate.kind.value),
        Column("account", lambda cell: cell.row.candidate.account or "", code=True),
        Column("action", lambda cell: column(cell).action, code=True),
        Column("resource", lambda cell: column(cell).resource, code=True),
        Column(
            "decision",
            lambda cell: verdict_badge(answer(cell).verdict),
            plain=lambda cell: answer(cell).verdict.value,
        ),
        Column("by", by),
        Column("condition", lambda cell: condition_of(answer(cell)) or ""),
    )
    cells = [Request(row, number) for row in matrix.rows for number in range(len(matrix.columns))]
    return Section("reasons", "Reasons", columns, cells, forms=SEPARATE)


def _count(matrix: Matrix) -> str:
    principals, requests = len(matrix.rows), len(matrix.columns)
    return (
        f"{principals} {'principal' if principals == 1 else 'principals'},"
        f" {requests} {'request' if requests == 1 else 'requests'}"
    )


def reason_of(answer: BatchAnswer, action: str) -> str:
    """What decides one cell: the condition, or the layer with its statements."""
    condition = condition_of(answer)
    return decided_by(answer.decision, action) if condition is None else condition


def matrix_requests(matrix: Matrix) -> list[str]:
    """The requests that are allowed, for certain or under conditions."""
    return [
        f"{row.candidate.principal} {column.action} {column.resource}"
        for row in matrix.rows
        for column, answer in zip(matrix.columns, row.answers, strict=True)
        if answer.possible
    ]


def matrix_data(matrix: Matrix) -> Json:
    """Columns, and rows with a cell for each column; `reason` is what decides, in words."""
    return {
        "columns": [column._asdict() for column in matrix.columns],
        "rows": [
            {
                **candidate_data(row.candidate),
                "cells": [
                    {**answer_data(answer), "reason": reason_of(answer, column.action)}
                    for column, answer in zip(matrix.columns, row.answers, strict=True)
                ],
            }
            for row in matrix.rows
        ],
    }
