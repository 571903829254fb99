"""Escalation paths as a document and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import PRINCIPAL_SERVICES, find_arn
from iamsim.core.decision import Verdict
from iamsim.core.identity_center import permission_set_of
from iamsim.query.escalation.model import Blocked, Edge, Escalations, Taken, split_node
from iamsim.query.escalation.steps import is_lacking
from iamsim.report.access_words import (
    account_title,
    answer_data,
    condition_of,
    decided_by,
    principal_name,
    statements_data,
)
from iamsim.report.document import (
    EVERY_FORM,
    GROUPED,
    SEPARATE,
    Badge,
    Block,
    Column,
    Document,
    Form,
    Json,
    Remark,
    Section,
    verdict_badge,
)
from iamsim.report.unknowns import unknown_remarks, unknowns_data
from iamsim.words.wording import joined

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.escalation.routes import Chain, Hop
    from iamsim.world.model import World

FEW = 4  # principals that go the same way and are all named
MOST_BLOCKED = 200  # lines of what is blocked, in text


@dataclass(slots=True)
class PathsAnswer:
    """The chains to a goal. `goal` says it in words, `there` are those who are there already;
    `blocked` is `None` where nobody asked for it."""

    goal: str
    found: Escalations
    chains: Sequence[Chain]
    there: Sequence[str] = ()
    blocked: Sequence[Blocked] | None = None
    model: World | None = None
    unknowns: Sequence[UnknownInWorld] = ()

    def title(self, principal: str) -> str:
        """The account under which somebody stands."""
        candidate = self.found.candidates.get(principal)
        if candidate is None or self.model is None:
            return "other accounts, services and providers"
        return account_title(candidate, self.model)


class Step(NamedTuple):
    """One way of a chain, and whose chain it is: several principals whose steps are the same."""

    principals: list[str]
    chain: Chain
    number: int
    hop: Hop


def _badge(chain: Chain) -> Badge:
    """The verdict; where a workload is presumed that no world lists, that is part of it."""
    badge = verdict_badge(chain.verdict)
    return badge._replace(word=f"{badge.word}, presumed") if chain.is_presumed else badge


def paths_document(answer: PathsAnswer) -> Document:
    """Everybody by account with the steps of the shortest chain; who goes the same way stands
    together where rows are grouped."""
    together = [
        Step(principals, chain, number, hop)
        for groups in _by_account(answer).values()
        for principals, chain in groups
        for number, hop in enumerate(chain.hops, 1)
    ]
    alone = [
        Step([chain.source], chain, number, hop)
        for chain in answer.chains
        for number, hop in enumerate(chain.hops, 1)
    ]
    empty = "nobody who is not already there"
    ways: Section[Step] = Section(
        "ways",
        "Chains",
        (
            Column("principals", partial(_all_names, answer), _MARKDOWN, code=True),
            Column("decision", lambda step: _badge(step.chain), _MARKDOWN),
            *_STEP,
        ),
        together,
        lambda step: answer.title(step.chain.source),
        lambda step: f"{_names(answer, step.principals)}  {_badge(step.chain).word}",
        empty=empty,
        forms=GROUPED,
    )
    paths: Section[Step] = Section(
        "paths",
        "Chains",
        (
            Column("from", lambda step: step.chain.source, code=True),
            Column("decision", lambda step: _badge(step.chain)),
            *_STEP,
        ),
        alone,
        empty=empty,
        forms=SEPARATE,
    )
    there: Section[str] = Section(
        "already",
        "There already",
        (Column("principal", str, code=True),),
        answer.there,
        forms=frozenset({Form.HTML}),
    )
    limits = (
        *(Remark("note", limit) for limit in limits_of(answer.found)),
        *unknown_remarks(answer.unknowns),
    )
    blocks: tuple[Block, ...] = (ways, paths, there, *_blocked(answer))
    return Document(f"who can become {answer.goal}", blocks, limits, _count(answer))


NOTHING = "nothing is blocked"
_MARKDOWN = frozenset({Form.MARKDOWN})
_STEP: tuple[Column[Step], ...] = (
    Column("step", lambda step: str(step.number), EVERY_FORM - {Form.TEXT}),
    Column(
        "becomes",
        lambda step: f"{step.number}. -> {_target(step.hop.target)}",
        frozenset({Form.TEXT}),
    ),
    Column("becomes", lambda step: _target(step.hop.target), _MARKDOWN),
    Column("becomes", lambda step: _reached(step.hop), SEPARATE, code=True),
    Column(
        "how",
        lambda step: _how(step.hop),
        conditions=lambda step: list(_sentences(step.hop.edge)),
    ),
)


def _reached(hop: Hop) -> str:
    """Whom a way makes of somebody, with what is got besides."""
    principal, besides = split_node(hop.target)
    return f"{principal} with {besides}" if besides else principal


def _all_names(answer: PathsAnswer, step: Step) -> str:
    return ", ".join(_name(answer, principal) for principal in step.principals)


def _blocked(answer: PathsAnswer) -> Iterator[Section[Blocked]]:
    """What is in somebody's way; the first ones where people read it all."""
    if answer.blocked is None:
        return
    columns: tuple[Column[Blocked], ...] = (
        Column("from", lambda row: _short(row.source), _MARKDOWN, code=True),
        Column("from", lambda row: row.source, SEPARATE, code=True),
        Column("call", lambda row: _blocked_by(row)[0], code=True),
        Column("way", _blocked_way),
        Column("blocked by", lambda row: _blocked_by(row)[1], EVERY_FORM - {Form.TEXT}),
    )

    def subject(row: Blocked) -> str:
        return f"{_short(row.source)}  {_blocked_by(row)[1]}"

    shown = answer.blocked[:MOST_BLOCKED]
    more = len(answer.blocked) - len(shown)
    caption = f"blocked (and {more} more, which `--format json` lists)" if more else "blocked"
    yield Section(
        "blocked",
        caption,
        columns,
        shown,
        subject=subject,
        empty="nothing is blocked",
        forms=GROUPED,
    )
    yield Section("blocked", "blocked", columns, answer.blocked, empty=NOTHING, forms=SEPARATE)


def _by_account(answer: PathsAnswer) -> dict[str, list[tuple[list[str], Chain]]]:
    """The chains by account of the source, those of the same steps together."""
    alike: dict[object, tuple[list[str], Chain]] = {}
    for chain in answer.chains:
        key = (
            answer.title(chain.source),
            tuple((hop.edge.way.id, _goal(hop), _how(hop)) for hop in chain.hops),
            tuple(tuple(_sentences(hop.edge)) for hop in chain.hops),
        )
        alike.setdefault(key, ([], chain))[0].append(chain.source)
    found: dict[str, list[tuple[list[str], Chain]]] = {}
    for principals, chain in alike.values():
        found.setdefault(answer.title(chain.source), []).append((principals, chain))
    return dict(sorted(found.items()))


def _names(answer: PathsAnswer, principals: Sequence[str]) -> str:
    shown = [_name(answer, principal) for principal in principals[:FEW]]
    more = len(principals) - len(shown)
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return joined(shown)


def _name(answer: PathsAnswer, principal: str) -> str:
    """Somebody inside the account; those of other accounts in full."""
    candidate = answer.found.candidates.get(principal)
    return _short(principal) if candidate is None else principal_name(candidate)


def _short(principal: str) -> str:
    """A principal inside its account."""
    arn = find_arn(principal)
    return arn.resource if arn is not None and arn.service in PRINCIPAL_SERVICES else principal


def _goal(hop: Hop) -> object:
    """Whom a way makes of somebody: oneself with something besides is the same for all."""
    principal, besides = split_node(hop.target)
    return (None, besides) if principal == split_node(hop.source)[0] else hop.target


def _how(hop: Hop) -> str:
    """The calls of a way, and what it presumes."""
    edge = hop.edge
    calls = ", ".join(dict.fromkeys(taken.step.action for taken in edge.taken))
    # Of a way into another account the target says all.
    own = edge.gained is not None and edge.way.administers is None
    changed = _changed(hop) if own else ""
    text = f"{edge.way.title}: {calls}{changed} ({edge.way.id}){_cleared(hop)}"
    return f"{text}; presumed: {edge.way.presumes}" if edge.way.presumes else text


def _target(target: str) -> str:
    principal, besides = split_node(target)
    arn = find_arn(principal)
    if arn is None:
        return target
    permission_set = permission_set_of(arn.resource.rpartition("/")[2])
    kind = arn.resource if permission_set is None else f"permission set {permission_set}"
    name = f"{kind} of {arn.account}"
    return name if besides is None else f"{name} with {_short(besides)} besides"


def _changed(hop: Hop) -> str:
    """Whose policies change, where it is said by no other part."""
    taken = hop.edge.taken
    resource = next((step_taken.resource for step_taken in taken if step_taken.resource != "*"), "")
    return f" on {_itself(hop, resource)}"


def _itself(hop: Hop, resource: str) -> str:
    """A resource, seen from who goes a way."""
    return "itself" if resource == split_node(hop.source)[0] else _short(resource)


def _cleared(hop: Hop) -> str:
    """What is then taken away, where something is."""
    edge = hop.edge
    if not edge.cleared:
        return ""
    names = joined(list(dict.fromkeys(cleared.policy for cleared in edge.cleared)))
    taken = [cleared.taken for cleared in edge.cleared]
    calls = dict.fromkeys(
        f"{step_taken.step.action} on {_itself(hop, step_taken.resource)}" for step_taken in taken
    )
    return f"; then {', '.join(calls)}, since {names} would still deny"


def _sentences(edge: Edge) -> Iterator[str]:
    """What a way depends on."""
    for taken in (*edge.taken, *(cleared.taken for cleared in edge.cleared)):
        condition = condition_of(taken.answer)
        if condition is not None:
            yield f"{condition} (for {taken.step.action})"
    if edge.gained is not None:
        condition = condition_of(edge.gained)
        if condition is not None:
            yield f"{condition} (for what is gained)"


def _blocked_way(row: Blocked) -> str:
    target = f" to {_short(row.target)}" if row.target is not None else ""
    if row.others:
        target += f" and {row.others} more"
    return f"{row.way.id}{target}"


def _blocked_by(blocked: Blocked) -> tuple[str, str]:
    """The call that is denied, and by what."""
    if blocked.step is None:
        return "what is gained", decided_by(blocked.decision, "iam:AttachUserPolicy")
    if is_lacking(blocked.decision):
        return blocked.step.action, "a condition of the identity-based policies does not hold"
    return blocked.step.action, decided_by(blocked.decision, blocked.step.action)


def limits_of(found: Escalations) -> list[str]:
    """What was not looked at, where something was not."""
    said = [
        f"{call}: policies name more resources than were tried" for call in sorted(found.not_tried)
    ]
    left = len(found.not_followed)
    if left:
        groups, were = ("1 group", "was") if left == 1 else (f"{left} groups", "were")
        said.append(
            f"{groups} that somebody can join {were} not followed: an account has too many of them"
        )
    return said


def _count(answer: PathsAnswer) -> str:
    certain = sum(chain.verdict is Verdict.ALLOWED for chain in answer.chains)
    open_ = len(answer.chains) - certain
    there = len(answer.there)
    be = "is" if there == 1 else "are"
    return f"{certain} can, {open_} under conditions; {there} {be} there already"


def paths_lines(answer: PathsAnswer) -> list[str]:
    """Only the principals."""
    return sorted({chain.source for chain in answer.chains})


def paths_data(answer: PathsAnswer) -> Json:
    """Everything as plain data."""
    data: Json = {
        "goal": answer.goal,
        "already": sorted(answer.there),
        "paths": [
            {
                "source": chain.source,
                "target": chain.target,
                "decision": chain.verdict.value,
                "presumed": chain.is_presumed,
                "ways": [_hop_data(hop) for hop in chain.hops],
            }
            for chain in answer.chains
        ],
        "unknowns": unknowns_data(answer.unknowns),
    }
    if answer.found.not_followed:
        data["not_followed"] = sorted(answer.found.not_followed)
    if answer.found.not_tried:
        data["not_tried"] = sorted(answer.found.not_tried)
    if answer.blocked is not None:
        data["blocked"] = [_blocked_data(step) for step in answer.blocked]
    return data


def _hop_data(hop: Hop) -> Json:
    edge = hop.edge
    source, source_besides = split_node(hop.source)
    target, target_besides = split_node(hop.target)
    return {
        "source": source,
        "source_besides": source_besides,
        "target": target,
        "target_besides": target_besides,
        "path": edge.way.id,
        "title": edge.way.title,
        "presumes": edge.way.presumes,
        "decision": edge.verdict.value,
        "presumed": edge.way.presumes is not None,
        "steps": [_step_data(taken) for taken in edge.taken],
        "cleared": [
            {"policy": cleared.policy, **_step_data(cleared.taken)} for cleared in edge.cleared
        ],
        "gained": None if edge.gained is None else answer_data(edge.gained),
    }


def _step_data(taken: Taken) -> Json:
    return {
        "action": taken.step.action,
        "resource": taken.resource,
        "context": dict(taken.step.context),
        "answer": answer_data(taken.answer),
    }


def _blocked_data(blocked: Blocked) -> Json:
    return {
        "source": blocked.source,
        "path": blocked.way.id,
        "target": blocked.target,
        "other_targets": blocked.others,
        "action": None if blocked.step is None else blocked.step.action,
        "resource": blocked.resource,
        "decision": blocked.decision.verdict.value,
        "layer": None if blocked.decision.layer is None else blocked.decision.layer.value,
        "statements": statements_data(blocked.decision),
    }
