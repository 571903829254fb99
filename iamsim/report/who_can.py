"""Who can do something, as a document and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.query.who_can_remarks import Oddity
from iamsim.report.access_words import (
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    decided_by,
    principal_name,
    statements_data,
)
from iamsim.report.document import (
    EVERY_FORM,
    GROUPED,
    SEPARATE,
    Column,
    Document,
    Form,
    Json,
    Remark,
    Section,
    verdict_badge,
)
from iamsim.report.unknowns import part_remarks, unknown_parts
from iamsim.universe.candidates import CandidateKind
from iamsim.words.sentences import layer_name
from iamsim.words.wording import joined

if TYPE_CHECKING:
    from iamsim.core.unknown import UnknownPart
    from iamsim.query.batch import Candidate
    from iamsim.query.who_can import Access, Blocked, WhoCan
    from iamsim.world.model import World

_SHOWN = 4  # actions that a title names
CANONICAL = (
    "that of an account or of a CloudFront origin access identity; nothing says of which, so"
    " nobody was asked by it"
)
ODDITIES = {
    Oddity.WILDCARD: (
        "a wildcard in {resource} stands for itself: this is about the one resource of that name"
    ),
    Oddity.PARTITION: (
        "no account of the world is in the partition of {resource}, and nobody can reach another"
    ),
}
# Of an account or organization outside: which of its principals alone can.
ALONE = {":root": "its root user alone", ":user/": "its users alone"}


def who_can_document(answer: WhoCan, model: World) -> Document:
    """Lay out who can, or with `--not` whom only guardrails keep from it, by account."""
    several = len(answer.actions) > 1
    question = f"{_actions(answer)} on `{answer.resource}`"
    if answer.blocked is not None:
        blocked_columns: tuple[Column[Blocked], ...] = (
            *_caller_columns(several=several),
            Column("decision", lambda _: "denied", frozenset({Form.CSV})),
            Column("blocked by", _blockers_text),
            *_DETAILS,
        )
        blocked = Section(
            "blocked",
            "Only guardrails keep from it",
            blocked_columns,
            answer.blocked,
            lambda row: account_title(row.candidate, model),
            empty="nobody",
        )
        title = f"who only guardrails keep from {question}"
        return Document(title, (blocked,), _remarks(answer), _count(answer))
    columns: tuple[Column[Access], ...] = (
        *_caller_columns(several=several),
        Column(
            "decision",
            lambda row: verdict_badge(row.verdict),
            plain=lambda row: row.verdict.value,
            conditions=_conditions,
        ),
        *_access_columns(),
        *_DETAILS,
    )
    access = Section(
        "access",
        "Who can",
        columns,
        answer.accesses,
        lambda row: account_title(row.candidate, model),
        empty="nobody",
    )
    title = f"who can {question}"
    blocks = (access, _denied_by_key(answer, several=several))
    return Document(title, blocks, _remarks(answer), _count(answer))


def _caller_columns(*, several: bool) -> tuple[Column[Access | Blocked], ...]:
    """Who it is: short under the heading of the account, in full elsewhere."""
    return (
        Column("principal", lambda row: principal_name(row.candidate), GROUPED, code=True),
        Column("principal", lambda row: row.candidate.principal, SEPARATE, code=True),
        Column("kind", lambda row: row.candidate.kind.value, SEPARATE),
        Column("account", lambda row: row.candidate.account or "", SEPARATE, code=True),
        Column("action", lambda row: row.action, EVERY_FORM if several else SEPARATE, code=True),
    )


def _access_columns() -> tuple[Column[Access], ...]:
    return (
        Column("roles", lambda row: " ".join(row.roles), SEPARATE, code=True),
        Column("key", _key_decisions, SEPARATE),
        Column("remark", _remark, GROUPED),
    )


_DETAILS: tuple[Column[Access | Blocked], ...] = (
    Column("people", lambda row: ", ".join(row.candidate.people), SEPARATE),
    Column("asked as", lambda row: _asked_as(row.candidate) or "", SEPARATE, code=True),
)


def _denied_by_key(answer: WhoCan, *, several: bool) -> Section[Access]:
    """Those that the resource lets in and the key that encrypts it does not."""

    def denials(row: Access) -> str:
        return (f"{row.action}: " if several else "") + _denied_dependency(row)

    columns: tuple[Column[Access], ...] = (
        Column("principal", lambda row: row.candidate.principal, code=True),
        *_caller_columns(several=several)[2:4],
        Column("action", lambda row: row.action, SEPARATE, code=True),
        Column("decision", lambda row: row.verdict.value, frozenset({Form.CSV})),
        Column("roles", lambda row: " ".join(row.roles), SEPARATE, code=True),
        Column("key", _key_decisions, frozenset({Form.CSV})),
        Column("blocked by", denials),
        *_DETAILS,
    )
    caption = "let in by the resource, but not by its key"
    return Section("denied-by-key", caption, columns, answer.denied_by_key, listed=True)


def _key_decisions(row: Access) -> str:
    return " ".join(f"{key.action}={key.answer.verdict.value}" for key in row.dependencies)


def _actions(answer: WhoCan) -> str:
    """The actions, as many of them as can be read at a glance."""
    shown = [f"`{action}`" for action in answer.actions[:_SHOWN]]
    more = len(answer.actions) - _SHOWN
    return joined([*shown, f"{more} more"] if more > 0 else shown, "or")


def _count(answer: WhoCan) -> str:
    if answer.blocked is not None:
        number = len({blocked.candidate.principal for blocked in answer.blocked})
        return f"{number} {'principal' if number == 1 else 'principals'}"
    certain = {
        access.candidate.principal
        for access in answer.accesses
        if access.verdict is Verdict.ALLOWED
    }
    open_ = {access.candidate.principal for access in answer.accesses} - certain
    return f"{len(certain)} allowed, {len(open_)} under conditions"


def _remarks(answer: WhoCan) -> tuple[Remark, ...]:
    """What the answer could not take into account."""
    notes = [
        f"the key that encrypts the resource, or the policy of that key, is not known, so the"
        f" key is not counted for {action}; `kms_key` of the resource says which it is (`none` for"
        " no key)"
        for action in answer.unknown_keys
    ]
    notes += [
        f"a policy names the canonical user id {user.id} for {user.action}: {CANONICAL}"
        for user in answer.canonical_users
    ]
    notes += [ODDITIES[oddity].format(resource=answer.resource) for oddity in answer.odd]
    notes += unsearched_sentences(answer)
    remarks = [Remark("note", note) for note in notes]
    if answer.owner_unknown:
        text = (
            f"nothing says whose {answer.resource} is, so each caller was asked as if its own"
            " account owned it"
        )
        remarks.append(Remark("note", text))
    return (*remarks, *part_remarks(_unknowns(answer)))


def _unknowns(answer: WhoCan) -> list[UnknownPart]:
    """What the answer about somebody depends on and is not known."""
    return unknown_parts(
        answered
        for access in answer.accesses
        for answered in (
            access.answer,
            *access.hops,
            *(dependency.answer for dependency in access.dependencies),
        )
    )


def unsearched_sentences(answer: WhoCan) -> list[str]:
    """What nobody was asked for."""
    if not answer.unsearched:
        return []
    first, number = answer.unsearched[0], len(answer.unsearched)
    text = (
        f"nobody was asked for {number} of the {len(answer.actions)} actions, such as"
        f" `{first}`: there are too many callers for that; name fewer actions"
    )
    return [text]


def _conditions(access: Access) -> list[str]:
    """All that an access depends on, the calls that assume roles first."""
    own = condition_of(access.answer)
    if not access.roles and not access.dependencies:
        return [] if own is None else [own]
    hops = [
        f"{condition} (to assume {role})"
        for role, answer in zip(access.roles, access.hops, strict=True)
        if (condition := condition_of(answer)) is not None
    ]
    keys = [
        f"{condition} (for {dependency.action} on the key)"
        for dependency in access.dependencies
        if (condition := condition_of(dependency.answer)) is not None
    ]
    return [*hops, *([] if own is None else [own]), *keys]


PLAIN_KINDS = frozenset({CandidateKind.USER, CandidateKind.ROLE, CandidateKind.ROOT_USER})


def _remark(access: Access) -> str:
    """What somebody is beyond a user or a role, and the way there."""
    candidate = access.candidate
    parts = []
    if access.roles:
        parts.append(f"by assuming {', then '.join(map(_role_name, access.roles))}")
    if candidate.kind not in PLAIN_KINDS:
        parts.append(candidate.kind.value)
    if candidate.people:
        parts.append(f"assigned to {joined(candidate.people)}")
    parts += alone(candidate.kind.value, _asked_as(candidate))
    return "; ".join(parts)


def alone(kind: str, asked: str | None) -> list[str]:
    """Which principals alone can, of somebody of a kind that is many of them."""
    if asked is None or kind == CandidateKind.EXTERNAL.value:
        return []
    return [words for part, words in ALONE.items() if part in asked]


def _asked_as(candidate: Candidate) -> str | None:
    """The principal that stands for one that is no single principal."""
    return candidate.stands if candidate.standing else None


def _role_name(arn: str) -> str:
    return arn.partition("::")[2] or arn


def _denied_dependency(access: Access) -> str:
    denied = [
        f"{dependency.action} is denied"
        f" ({decided_by(dependency.answer.decision, dependency.action)})"
        for dependency in access.dependencies
        if not dependency.answer.possible
    ]
    return "; ".join(denied)


def _blockers_text(blocked: Blocked) -> str:
    return "; and ".join(
        decided_by(blocker.decision, blocked.action)
        if blocker.decision.layer is blocker.layer
        else layer_name(blocker.layer, blocked.action)
        for blocker in blocked.blockers
    )


def who_can_principals(answer: WhoCan) -> list[str]:
    """Only the principals, each once, in the order of the document."""
    rows = answer.accesses if answer.blocked is None else answer.blocked
    return list(dict.fromkeys(row.candidate.principal for row in rows))


def who_can_data(answer: WhoCan) -> Json:
    """Everything as plain data."""
    data: Json = {
        "actions": list(answer.actions),
        "resource": answer.resource,
        "owner_known": not answer.owner_unknown,
        "oddities": [oddity.value for oddity in answer.odd],
        "unsearched": list(answer.unsearched),
    }
    unknowns = _unknowns(answer)
    if unknowns:
        data["unknowns"] = [part.to_dict() for part in unknowns]
    if answer.blocked is None:
        data["access"] = [_access_data(access) for access in answer.accesses]
        data["denied_by_key"] = [_access_data(access) for access in answer.denied_by_key]
        data["unknown_keys"] = list(answer.unknown_keys)
        data["canonical_users"] = [
            {"id": canonical_user.id, "action": canonical_user.action}
            for canonical_user in answer.canonical_users
        ]
        return data
    data["blocked"] = [
        {
            **_candidate_data(blocked.candidate),
            "action": blocked.action,
            "blocked_by": [
                {
                    "layer": blocker.layer.value,
                    "decision": blocker.decision.verdict.value,
                    "statements": statements_data(blocker.decision),
                }
                for blocker in blocked.blockers
            ],
        }
        for blocked in answer.blocked
    ]
    return data


def _candidate_data(candidate: Candidate) -> Json:
    """Somebody, with the principal that was asked for one that is no single principal."""
    asked = _asked_as(candidate)
    data = candidate_data(candidate)
    return data if asked is None else {**data, "asked_as": asked}


def _access_data(access: Access) -> Json:
    own = answer_data(access.answer)
    return {
        **_candidate_data(access.candidate),
        "action": access.action,
        "decision": access.verdict.value,
        "answer": own,
        "roles": [
            {"role": role, "answer": answer_data(answer)}
            for role, answer in zip(access.roles, access.hops, strict=True)
        ],
        "dependencies": [
            {
                "action": dependency.action,
                "resource": dependency.resource,
                "answer": answer_data(dependency.answer),
            }
            for dependency in access.dependencies
        ],
    }
