"""Who can do something: as text by account, as Markdown, CSV and plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import Verdict
from iamsim.query.batch.candidates import CandidateKind
from iamsim.query.who_can_remarks import Oddity
from iamsim.report.access_words import (
    Conditions,
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    csv_text,
    decided_by,
    principal_name,
    statements_data,
)
from iamsim.report.columns import listing, table, words
from iamsim.report.hints import hint_text, hint_to_dict
from iamsim.report.sentences import VERDICTS, layer_name
from iamsim.report.wording import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.query.batch import Candidate
    from iamsim.query.who_can import Access, Blocked, WhoCan
    from iamsim.report.paint import Paint
    from iamsim.world.model import World

__all__ = [
    "CANONICAL",
    "ODDITIES",
    "alone",
    "who_can_csv",
    "who_can_data",
    "who_can_lines",
    "who_can_markdown",
    "who_can_text",
]

Json = dict[str, object]
Row = tuple[str, ...]
_SHOWN = 4  # actions that a title names
HEADER = (
    "principal",
    "kind",
    "account",
    "action",
    "decision",
    "condition",
    "roles",
    "key",
    "blocked_by",
    "people",
    "asked_as",
)
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


def who_can_text(found: WhoCan, model: World, paint: Paint, width: int) -> str:
    """A table for each account; conditions are numbered and stand at the end."""
    conditions = Conditions()
    title = f"{_actions(found)} on {found.resource}"
    lines: list[str] = []
    if found.blocked is None:
        lines += [paint.title(f"who can {title}"), ""]
        for heading, rows in _sections(found, model, conditions):
            lines += [paint.title(heading), *table(rows, width, indent=2), ""]
        if not found.accesses:
            lines += ["nobody", ""]
        lines += _denied_by_key(found, width)
    else:
        lines += [paint.title(f"who only guardrails keep from {title}"), ""]
        for heading, rows in _blocked_sections(found, model):
            lines += [paint.title(heading), *table(rows, width, indent=2), ""]
        if not found.blocked:
            lines += ["nobody", ""]
    if conditions.legend:
        lines += [paint.title("conditions"), *table(conditions.legend, width, indent=2), ""]
    lines += [*(line for one in _remarks(found) for line in words([one], width, indent=0))]
    lines += [_count(found), ""]
    return "\n".join(lines)


def _actions(found: WhoCan, mark: str = "") -> str:
    """The actions, as many of them as can be read at a glance."""
    shown = [f"{mark}{one}{mark}" for one in found.actions[:_SHOWN]]
    more = len(found.actions) - _SHOWN
    return joined([*shown, f"{more} more"] if more > 0 else shown, "or")


def _count(found: WhoCan) -> str:
    if found.blocked is not None:
        number = len({one.candidate.principal for one in found.blocked})
        return f"{number} {'principal' if number == 1 else 'principals'}"
    certain = {one.candidate.principal for one in found.accesses if one.verdict is Verdict.ALLOWED}
    open_ = {one.candidate.principal for one in found.accesses} - certain
    return f"{len(certain)} allowed, {len(open_)} under conditions"


def _remarks(found: WhoCan) -> list[str]:
    """What the answer could not take into account."""
    remarks = [
        f"note: the key that encrypts the resource, or the policy of that key, is not known, so the"
        f" key is not counted for {action}; `kms_key` of the resource says which it is (`none` for"
        " no key)"
        for action in found.unknown_keys
    ]
    remarks += [
        f"note: a policy names the canonical user id {one.id} for {one.action}: {CANONICAL}"
        for one in found.canonical_users
    ]
    remarks += [f"note: {ODDITIES[one].format(resource=found.resource)}" for one in found.odd]
    remarks += [f"hint: {hint_text(one)}" for one in found.hints]
    if found.owner_unknown:
        remarks.append(
            f"note: nothing says whose {found.resource} is, so each caller was asked as if its own"
            " account owned it"
        )
    return remarks


def _sections(
    found: WhoCan, model: World, conditions: Conditions
) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each account under its heading."""
    by_heading: dict[str, list[Row]] = {}
    several = len(found.actions) > 1
    for access in found.accesses:
        row = (
            principal_name(access.candidate),
            *((access.action,) if several else ()),
            VERDICTS[access.verdict] + _marks(access, conditions),
            _remark(access),
        )
        by_heading.setdefault(account_title(access.candidate, model), []).append(row)
    yield from by_heading.items()


def _marks(access: Access, conditions: Conditions) -> str:
    mark = conditions.mark(_conditions(access))
    return f" {mark}" if mark else ""


def _conditions(access: Access) -> list[str]:
    """All that an access depends on, the calls that assume roles first."""
    hops = [
        f"{condition} (to assume {role})"
        for role, answer in zip(access.roles, access.hops, strict=True)
        if (condition := condition_of(answer)) is not None
    ]
    own = condition_of(access.answer)
    keys = [
        f"{condition} (for {one.action} on the key)"
        for one in access.dependencies
        if (condition := condition_of(one.answer)) is not None
    ]
    return [*hops, *([] if own is None else [own]), *keys]


def _remark(access: Access) -> str:
    """What somebody is beyond a user or a role, and the way there."""
    candidate = access.candidate
    parts = []
    if access.roles:
        parts.append(f"by assuming {', then '.join(map(_role_name, access.roles))}")
    if candidate.kind not in {CandidateKind.USER, CandidateKind.ROLE, CandidateKind.ROOT_USER}:
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


def _denied_by_key(found: WhoCan, width: int) -> list[str]:
    """Those that the resource lets in and the key that encrypts it does not."""
    if not found.denied_by_key:
        return []
    several = len(found.actions) > 1
    rows = [
        (
            one.candidate.principal,
            (f"{one.action}: " if several else "") + _denied_dependency(one),
        )
        for one in found.denied_by_key
    ]
    return ["let in by the resource, but not by its key", *listing(rows, width), ""]


def _denied_dependency(access: Access) -> str:
    denied = [
        f"{one.action} is denied ({decided_by(one.answer.decision, one.action)})"
        for one in access.dependencies
        if not one.answer.possible
    ]
    return "; ".join(denied)


def _blocked_sections(found: WhoCan, model: World) -> Iterator[tuple[str, list[Row]]]:
    by_heading: dict[str, list[Row]] = {}
    several = len(found.actions) > 1
    for one in found.blocked or ():
        row = (
            principal_name(one.candidate),
            *((one.action,) if several else ()),
            _blockers_text(one),
        )
        by_heading.setdefault(account_title(one.candidate, model), []).append(row)
    yield from by_heading.items()


def _blockers_text(blocked: Blocked) -> str:
    return "; and ".join(
        decided_by(blocker.decision, blocked.action)
        if blocker.decision.layer is blocker.layer
        else layer_name(blocker.layer, blocked.action)
        for blocker in blocked.blockers
    )


def who_can_lines(found: WhoCan) -> str:
    """Only the principals, a line each, sorted as the text is."""
    some = found.accesses if found.blocked is None else found.blocked
    return "".join(f"{one}\n" for one in dict.fromkeys(one.candidate.principal for one in some))


def who_can_markdown(found: WhoCan, model: World) -> str:
    """Markdown: a table for each account."""
    conditions = Conditions()
    word = "Who can" if found.blocked is None else "Who only guardrails keep from"
    lines = [f"# {word} {_actions(found, '`')} on `{found.resource}`"]
    sections = (
        _sections(found, model, conditions)
        if found.blocked is None
        else _blocked_sections(found, model)
    )
    for heading, rows in sections:
        names = ["principal", *(["action"] if len(found.actions) > 1 else [])]
        names += ["decision", "remark"] if found.blocked is None else ["blocked by"]
        lines += ["", f"## {heading}", "", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
        lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    if conditions.legend:
        lines += ["", "## conditions", ""]
        lines += [f"* {number} {_cell(sentence)}" for number, sentence in conditions.legend]
    lines += ["", *(f"> {remark}" for remark in _remarks(found)), f"{_count(found)}."]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def who_can_csv(found: WhoCan) -> str:
    """A row for each access, or for each that a guardrail blocks."""
    rows: list[list[object]] = [
        [
            *_who(one),
            one.verdict.value,
            "; and ".join(_conditions(one)),
            " ".join(one.roles),
            " ".join(f"{key.action}={key.answer.verdict.value}" for key in one.dependencies),
            "",
            *_more(one.candidate),
        ]
        for one in ([*found.accesses, *found.denied_by_key] if found.blocked is None else [])
    ]
    rows += [
        [*_who(one), "denied", "", "", "", _blockers_text(one), *_more(one.candidate)]
        for one in found.blocked or ()
    ]
    return csv_text(HEADER, rows)


def _who(one: Access | Blocked) -> tuple[object, ...]:
    candidate = one.candidate
    return candidate.principal, candidate.kind.value, candidate.account, one.action


def _more(candidate: Candidate) -> tuple[object, ...]:
    """Who is behind somebody: people by comma, and the principal that was asked for it."""
    return ", ".join(candidate.people), _asked_as(candidate)


def who_can_data(found: WhoCan) -> Json:
    """Everything as plain data."""
    data: Json = {
        "actions": list(found.actions),
        "resource": found.resource,
        "owner_known": not found.owner_unknown,
        "hints": [hint_to_dict(one) for one in found.hints],
        "oddities": [one.value for one in found.odd],
    }
    if found.blocked is None:
        data["access"] = [_access_data(one) for one in found.accesses]
        data["denied_by_key"] = [_access_data(one) for one in found.denied_by_key]
        data["unknown_keys"] = list(found.unknown_keys)
        data["canonical_users"] = [
            {"id": one.id, "action": one.action} for one in found.canonical_users
        ]
        return data
    data["blocked"] = [
        {
            **_candidate_data(one.candidate),
            "action": one.action,
            "blocked_by": [
                {
                    "layer": blocker.layer.value,
                    "decision": blocker.decision.verdict.value,
                    "statements": statements_data(blocker.decision),
                }
                for blocker in one.blockers
            ],
        }
        for one in found.blocked
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
            {"action": one.action, "resource": one.resource, "answer": answer_data(one.answer)}
            for one in access.dependencies
        ],
    }
