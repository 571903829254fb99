"""The matrix of access as text, CSV and plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Layer, Verdict
from iamsim.report.access_words import (
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    decided_by,
    principal_name,
)
from iamsim.report.columns import table
from iamsim.report.conditions import Conditions
from iamsim.report.sentences import LAYERS
from iamsim.report.writers.csv_table import csv_text

if TYPE_CHECKING:
    from iamsim.query.batch import BatchAnswer
    from iamsim.query.matrix import Matrix
    from iamsim.report.paint import Paint
    from iamsim.world.model import World

__all__ = ["LAYER_SIGNS", "matrix_csv", "matrix_data", "matrix_lines", "matrix_text", "reason_of"]

Json = dict[str, object]
HEADER = ("principal", "kind", "account", "action", "resource", "decision", "by", "condition")
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


def matrix_text(matrix: Matrix, model: World, paint: Paint, width: int) -> str:
    """A table for each account with a column for each request, and a legend."""
    conditions = Conditions()
    signs: set[Layer] = set()
    lines = [
        *table(
            [
                (f"({number})", f"{column.action} on {column.resource}")
                for number, column in enumerate(matrix.columns, 1)
            ],
            width,
        ),
        "",
    ]
    heads = ("", *(f"({number})" for number in range(1, len(matrix.columns) + 1)))
    by_account: dict[str, list[tuple[str, ...]]] = {}
    for row in matrix.rows:
        cells = [_cell(answer, conditions, signs) for answer in row.answers]
        by_account.setdefault(account_title(row.candidate, model), []).append(
            (principal_name(row.candidate), *cells)
        )
    for heading, rows in by_account.items():
        lines += [paint.title(heading), *table([heads, *rows], width, indent=2), ""]
    legend = [("yes", "allowed"), ("if", "allowed under a condition"), ("no", "nothing allows it")]
    legend.append(("DENY", "denied explicitly"))
    legend += [
        (sign, f"the {LAYERS[layer]} lacks the allow, or denies")
        for layer, sign in LAYER_SIGNS.items()
        if layer in signs
    ]
    lines += [paint.title("legend"), *table([*legend, *conditions.legend], width, indent=2), ""]
    return "\n".join(lines)


def _cell(answer: BatchAnswer, conditions: Conditions, signs: set[Layer]) -> str:
    condition = condition_of(answer)
    if condition is not None:
        return f"if {conditions.mark([condition])}"
    if answer.verdict is Verdict.ALLOWED:
        return "yes"
    word = "DENY" if answer.verdict is Verdict.EXPLICIT_DENY else "no"
    layer = answer.decision.layer
    if layer is None:
        return word
    signs.add(layer)
    return f"{word} {LAYER_SIGNS[layer]}"


def reason_of(answer: BatchAnswer, action: str) -> str:
    """What decides one cell: the condition, or the layer with its statements."""
    condition = condition_of(answer)
    return decided_by(answer.decision, action) if condition is None else condition


def matrix_lines(matrix: Matrix) -> str:
    """A line for each request that is allowed, for certain or under conditions."""
    return "".join(
        f"{row.candidate.principal} {column.action} {column.resource}\n"
        for row in matrix.rows
        for column, answer in zip(matrix.columns, row.answers, strict=True)
        if answer.possible
    )


def matrix_csv(matrix: Matrix) -> str:
    """A row for each cell."""
    return csv_text(
        HEADER,
        (
            (
                row.candidate.principal,
                row.candidate.kind.value,
                row.candidate.account,
                *column,
                answer.verdict.value,
                "" if answer.residual is not None else decided_by(answer.decision, column.action),
                condition_of(answer),
            )
            for row in matrix.rows
            for column, answer in zip(matrix.columns, row.answers, strict=True)
        ),
    )


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
