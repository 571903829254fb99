"""Who inside a zone of trust can reach chosen resources, by all policies together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-view.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.errors import RequestError
from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.query.analyzer.resources import analyzed_type, type_actions
from iamsim.query.analyzer.zone import zones_of
from iamsim.query.batch.candidates import CandidateKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.query.analyzer.resources import AnalyzedType
    from iamsim.query.batch import Batch, Candidate

__all__ = ["find_internal"]

KINDS = {
    CandidateKind.USER: "IAM_USER",
    CandidateKind.ROLE: "IAM_ROLE",
    CandidateKind.IDENTITY_CENTER: "IAM_ROLE",
}
APPLIED = {
    "resourceControlPolicyRestriction": "APPLIED",
    "serviceControlPolicyRestriction": "APPLIED",
}


def find_internal(
    batch: Batch,
    resources: Sequence[str],
    actions: Sequence[str] = (),
    zone: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[AccessFinding]:
    """One finding for each principal and resource; by default all actions that are about the
    resource are asked for. Raises `RequestError` for a resource that the world does not have."""
    model = batch.world.model
    zones = zones_of(model, zone)
    found: list[AccessFinding] = []
    for text in resources:
        arn = text.removesuffix(":*")
        type_ = analyzed_type(arn)
        owner = model.account_of_resource(arn)
        if type_ is None or owner not in zones:
            raise RequestError(
                "resource-not-analyzed",
                f"`{text}` is no resource of the world that Access Analyzer looks at",
                hint="name a bucket, role, key, queue, topic, secret, table or function",
            )
        trusted = zones[owner].accounts
        some = [
            one
            for one in batch.candidates
            if one.account in trusted and one.kind in KINDS and one.principal != arn
        ]
        found += _of_resource(batch, arn, type_, owner, some, actions, progress)
    return found


def _of_resource(
    batch: Batch,
    arn: str,
    type_: AnalyzedType,
    owner: str,
    candidates: list[Candidate],
    actions: Sequence[str],
    progress: Callable[[int, int], None],
) -> list[AccessFinding]:
    """Who can reach one resource, or what is in it."""
    universe = batch.universe
    places = [(arn, type_actions(type_, inner=False))]
    if type_.inner:
        places.append((f"{arn}{type_.separator}iamsim-any", type_actions(type_, inner=True)))
    wanted = universe.mask_of(actions) if actions else universe.everything
    asked = [(place, name) for place, mask in places for name in universe.actions(mask & wanted)]
    by_principal: dict[str, AccessFinding] = {}
    for number, (place, action) in enumerate(asked):
        progress(number, len(asked))
        for holder in batch.who(action, place, candidates):
            one = holder.candidate
            finding = by_principal.setdefault(one.principal, _finding(arn, type_, owner, one))
            finding.actions = (*finding.actions, action)
            residual = holder.answer.residual
            if residual is not None:
                sentence = residual.sentence.removeprefix("allowed ")
                finding.depends_on = tuple(dict.fromkeys((*finding.depends_on, sentence)))
    for finding in by_principal.values():
        finding.actions = tuple(sorted(set(finding.actions)))
    return [finding for _, finding in sorted(by_principal.items())]


def _finding(arn: str, type_: AnalyzedType, owner: str, candidate: Candidate) -> AccessFinding:
    entity = candidate.entity
    return AccessFinding(
        FindingKind.INTERNAL,
        arn,
        type_.name,
        owner,
        {"AWS": candidate.principal},
        restricted=APPLIED,
        details={
            "accessType": "INTRA_ACCOUNT" if candidate.account == owner else "INTRA_ORG",
            "principalType": KINDS[candidate.kind],
        },
        principal_account=candidate.account,
        span=None if entity is None else entity.span,
    )
