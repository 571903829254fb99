"""Words that answers about many principals share: who somebody is, and numbered conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.decision import Decision, Layer, StatementReference, Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.universe.candidates import CandidateKind, permission_set_name
from iamsim.words.sentences import layer_name
from iamsim.words.wording import statement_text

if TYPE_CHECKING:
    from iamsim.query.batch import BatchAnswer, Candidate
    from iamsim.world.model import World

Json = dict[str, object]
ELSEWHERE = "other accounts, services and providers"
FOREIGN = {CandidateKind.EXTERNAL, CandidateKind.EXTERNAL_ACCOUNT}


def principal_name(candidate: Candidate) -> str:
    """Name somebody inside the account: the ARN without its head; others in full."""
    arn = find_arn(candidate.principal)
    if candidate.kind is CandidateKind.IDENTITY_CENTER and candidate.entity is not None:
        return f"permission set {permission_set_name(candidate.entity) or candidate.entity.name}"
    if arn is None or candidate.account is None or candidate.kind in FOREIGN:
        return candidate.principal
    return arn.resource


def account_title(candidate: Candidate, model: World) -> str:
    """The heading under which somebody stands: the account with its name."""
    account = model.accounts.get(candidate.account or "")
    if account is None or candidate.kind in FOREIGN:
        return ELSEWHERE
    return f"{account.id} {account.name}" if account.name else account.id


def condition_of(answer: BatchAnswer) -> str | None:
    """What an answer depends on, without the words before; `None` for one that is settled."""
    residual = answer.residual
    if residual is None:
        return None
    return residual.sentence.removeprefix("allowed ")


def decided_by(decision: Decision, action: str) -> str:
    """Name the layer of a decision and its statements in words."""
    if decision.layer is None:
        return ""
    name = layer_name(decision.layer, action)
    statements = [
        f"{statement.policy}, {statement_text(statement.index, statement.sid)}"
        for statement in decision.statements
        if statement.layer is decision.layer
    ]
    if not statements:
        return f"{name}: no statement allows it" if _lacks(decision) else name
    return f"{name}: {'; '.join(statements)}"


def _lacks(decision: Decision) -> bool:
    return (
        decision.verdict is Verdict.IMPLICIT_DENY
        and decision.layer is not Layer.S3_BLOCK_PUBLIC_ACCESS
    )


def candidate_data(candidate: Candidate) -> Json:
    """Somebody as plain data."""
    data: Json = {
        "principal": candidate.principal,
        "kind": candidate.kind.value,
        "account": candidate.account,
    }
    if candidate.people:
        data["people"] = list(candidate.people)
    return data


def statements_data(decision: Decision) -> list[Json]:
    """The deciding statements as plain data."""
    return [
        {
            "layer": statement.layer.value,
            "policy": statement.policy,
            "statement": statement.index,
            "sid": statement.sid,
        }
        for statement in decision.statements
    ]


def reference_data(statement: StatementReference) -> Json:
    """A statement with its place as plain data."""
    span = statement.span
    return {
        "layer": statement.layer.value,
        "policy": statement.policy,
        "statement": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
    }


def answer_data(answer: BatchAnswer) -> Json:
    """An answer as plain data; a condition is said, and written as Condition blocks where the
    policy language can say it."""
    data: Json = {
        "decision": answer.verdict.value,
        "layer": None if answer.decision.layer is None else answer.decision.layer.value,
        "statements": statements_data(answer.decision),
    }
    if answer.residual is not None:
        data["condition"] = condition_of(answer)
        try:
            data["condition_blocks"] = answer.residual.to_condition()
        except UnsupportedError:
            data["condition_blocks"] = None
    return data
