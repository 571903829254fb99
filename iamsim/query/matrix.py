"""Principals by actions on resources: who is allowed what, and what denies the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.core.wildcard import match_tokens, tokenize
from iamsim.query.batch.processes import ALONE, Processes, no_progress

if TYPE_CHECKING:
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import Batch, BatchAnswer, Candidate


class Column(NamedTuple):
    """One action on one resource."""

    action: str
    resource: str


class Row(NamedTuple):
    """One principal with its answers, in the order of the columns."""

    candidate: Candidate
    answers: tuple[BatchAnswer, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole matrix; rows are by account."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def pick_candidates(batch: Batch, patterns: Sequence[str]) -> list[Candidate]:
    """The principals whose ARNs fit one of some patterns (`*` and `?` are wildcards), each once and
    by account; without patterns all. Raises `RequestError` for a pattern that none fits."""
    if not patterns:
        return list(batch.candidates)
    accounts = {_account_of(pattern) for pattern in patterns}
    if None not in accounts and batch.world.model.is_read_on_demand:
        listed = batch.world.model.accounts
        batch.leave_out_all_but(
            [account for account in accounts if account is not None and account in listed]
        )
    chosen: dict[str, Candidate] = {}
    for pattern in patterns:
        tokens = tokenize(pattern)
        fitting = [
            candidate for candidate in batch.candidates if match_tokens(tokens, candidate.principal)
        ]
        if not fitting:
            raise no_such_principal(pattern)
        chosen.update((candidate.principal, candidate) for candidate in fitting)
    return [candidate for candidate in batch.candidates if candidate.principal in chosen]


def no_such_principal(pattern: str) -> RequestError:
    """Give the error for a pattern that no principal of the world fits."""
    return RequestError(
        "no-such-principal",
        f"no principal of the world fits {quote(pattern)}",
        hint="give an ARN, or a pattern such as `arn:aws:iam::*:role/app-*`",
    )


def _account_of(pattern: str) -> str | None:
    """The account of all principals that an ARN with wildcards can fit, where it is one."""
    head, _, rest = pattern.partition(":iam::")
    account = rest.partition(":")[0]
    return account if is_account_id(account) and not set("*?") & set(head) else None


def find_matrix(
    batch: Batch,
    candidates: Sequence[Candidate],
    columns: Sequence[Column],
    context: Mapping[str, ContextValue] | None = None,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> Matrix:
    """Decide every cell; raises `RequestError` for what can't be asked."""
    answers: dict[str, list[BatchAnswer]] = {candidate.principal: [] for candidate in candidates}
    pieces = processes.pieces(candidates)
    parts = [Part(group, piece) for group in processes.groups(columns) for piece in pieces]
    asked = Asked(tuple(candidates), context or {})
    for some in processes.spread(batch, Cells, asked, parts, progress):
        for principal, answer in some:
            answers[principal].append(answer)
    rows = tuple(Row(candidate, tuple(answers[candidate.principal])) for candidate in candidates)
    return Matrix(tuple(columns), rows)


class Part(NamedTuple):
    """Some cells of some columns: those of neighboring rows."""

    columns: tuple[Column, ...]
    rows: range


class Asked(NamedTuple):
    """What is the same for all cells."""

    candidates: tuple[Candidate, ...]
    context: Mapping[str, ContextValue]


class Cells:
    """Decides cells."""

    def __init__(self, batch: Batch, asked: Asked) -> None:
        self.batch = batch
        self.asked = asked

    def __call__(self, part: Part) -> list[tuple[str, BatchAnswer]]:
        """The answers of some cells, each with its principal, column by column."""
        some = self.asked.candidates[part.rows.start : part.rows.stop]
        return [
            (holder.principal, holder.answer)
            for column in part.columns
            for holder in self.batch.who(*column, some, self.asked.context, denied=True)
        ]
