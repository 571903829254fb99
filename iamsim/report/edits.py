"""What would change an answer, as blocks of a document and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from iamsim.core.decision import Layer, Verdict
from iamsim.query.edits.model import Blocker, Edit, EditKind, EditReport, EditSet, Grant
from iamsim.report.document import Block, Document, Json, Prose
from iamsim.report.edit_sentences import (
    blocker_sentence,
    edit_sentence,
    guard_sentence,
    reach_sentence,
    who_sentence,
)
from iamsim.words.sentences import WAYS, layer_name
from iamsim.words.wording import place_text, shortened, statement_text

GOALS = {"allowed": "what would allow it", "denied": "what would stop it"}
UNTRIED = "more edits together were not tried, there are too many"
_SHOWN = 5  # names of each kind in JSON


def edits_document(report: EditReport) -> Document:
    """The edits of one answer, the narrowest first, each with its patch."""
    return Document(GOALS[report.goal], edits_blocks(report), plain=True, sentence=True)


def edits_blocks(report: EditReport, prefix: str = "") -> tuple[Block, ...]:
    """What grants the request, the sets of edits with their patches, and what can't be changed;
    names of blocks begin with `prefix`."""
    grants = tuple(grant_sentence(grant, report) for grant in report.grants)
    blockers = tuple(blocker_sentence(blocker, report) for blocker in report.blockers)
    title = GOALS[report.goal]
    if len(report.sets) > 1:
        title += ", the narrowest first"
    untried = f"{UNTRIED[:1].upper()}{UNTRIED[1:]}." if report.untried else ""
    nothing = "" if report.sets else "Nothing was found."
    texts = tuple(filter(None, (nothing, untried)))
    blocks: list[Block] = [
        Prose(f"{prefix}grants", "what grants it", grants, bulleted=True),
        Prose(f"{prefix}tried", title, texts),
    ]
    if texts:
        title = ""
    for number, edit_set in enumerate(report.sets, start=1):
        shown = title if number == 1 else ""
        blocks += _set_blocks(number, edit_set, report, shown, prefix)
    return (*blocks, Prose(f"{prefix}blockers", "what can't be changed", blockers, bulleted=True))


def _set_blocks(
    number: int, found: EditSet, report: EditReport, title: str, prefix: str
) -> Iterator[Block]:
    """One set: its edits with who can make them, what it opens, and its patches."""
    request = report.answer.request
    lines = []
    for position, edit in enumerate(found.edits):
        text = f"{edit_sentence(edit, request)}; {who_sentence(edit, report)}"
        lines.append(f"and {text}" if position else text)
        lines.append(guard_sentence(edit, request) or "")
    lines += [reach_sentence(found.reach, report.goal, request), way_sentence(found, report) or ""]
    text = "\n".join(filter(None, lines))
    yield Prose(f"{prefix}set-{number}", title, (text,), numbered=True, first=number)
    documents = tuple(documents_to_add(found))
    copied = "the document"
    yield Prose(
        f"{prefix}documents-{number}", "", documents, code=True, language="json", copied=copied
    )
    patches = tuple(patch.diff.rstrip("\n") for patch in found.patches)
    yield Prose(f"{prefix}patches-{number}", "", patches, code=True, language="diff")


def way_sentence(found: EditSet, report: EditReport) -> str | None:
    """Which way in a set opens, where sets open different ones."""
    ways = {members.way for members in report.sets}
    if report.goal == "denied" or found.way is None or len(ways) == 1:
        return None
    resource = layer_name(Layer.RESOURCE_BASED_POLICY, report.answer.request.action)
    return f"way in: {WAYS.get(found.way, found.way).format(policy=resource)}"


def documents_to_add(found: EditSet) -> list[str]:
    """What is to be added and stands in no patch: policies, and statements of texts that can't be
    changed in their place."""
    patched = {name for patch in found.patches for name in patch.policies}
    documents = []
    for edit in found.edits:
        policy = None if edit.place is None else edit.place.policy
        document: object = edit.document
        if document is None or (policy is not None and policy.name in patched):
            continue
        if edit.kind is EditKind.COPY_POLICY and edit.document is not None:
            statements = edit.document.get("Statement")
            document = statements[-1] if isinstance(statements, list) else statements
        documents.append(json.dumps(document, indent=2, ensure_ascii=False))
    return documents


def grant_sentence(grant: Grant, report: EditReport) -> str:
    """A statement that grants the request, with its place."""
    entry, statement = grant.layer, grant.statement
    layer = layer_name(entry.layer, report.answer.request.action, entry.level)
    name = statement_text(statement.index, statement.sid)
    return f"{name} of the {layer} `{shortened(grant.policy, 80)}` ({place_text(statement.span)})"


def edits_to_dict(report: EditReport) -> Json:
    """Turn the edits into plain data that `json.dumps` takes, with a stable order of keys."""
    return {
        "goal": report.goal,
        "granted_by": [_grant(grant) for grant in report.grants],
        "sets": [_set(edit_set, report) for edit_set in report.sets],
        "unchangeable": [_blocker(blocker, report) for blocker in report.blockers],
        "tried": report.tried,
        **({"untried": True} if report.untried else {}),
    }


def with_edits(denials: Json, reports: Sequence[EditReport]) -> Json:
    """Put edits into the answers of `denials_to_dict`: one report for each answer that denies."""
    waiting = iter(reports)
    entries = denials["denials"]
    changed = []
    for entry in entries if isinstance(entries, list) else ():
        answer = entry["answer"]
        if answer["decision"] != Verdict.ALLOWED.value:
            answer = {**answer, "edits": edits_to_dict(next(waiting))}
        changed.append({**entry, "answer": answer})
    return {**denials, "denials": changed}


def _set(found: EditSet, report: EditReport) -> Json:
    reach = found.reach
    return {
        "guardrail": found.guardrail,
        "from_this_account": found.own,
        "path": found.way,
        "decision": found.answer.decision.verdict.value,
        "edits": [_edit(edit, report) for edit in found.edits],
        "beyond_the_request": {
            "count": reach.size,
            "text": reach_sentence(reach, report.goal, report.answer.request),
            "actions": _names(reach.actions),
            "resources": _names(reach.resources),
            "principals": _names(reach.principals),
            "elsewhere": _names(reach.elsewhere),
        },
        "patches": [
            {"file": patch.file, "policies": list(patch.policies), "diff": patch.diff}
            for patch in found.patches
        ],
    }


def _names(names: Sequence[str]) -> Json:
    return {"count": len(names), "first": list(names[:_SHOWN])}


def _edit(edit: Edit, report: EditReport) -> Json:
    place, span = edit.place, edit.span
    policy = None if place is None else place.policy
    return {
        "kind": edit.kind.value,
        "text": edit_sentence(edit, report.answer.request),
        "layer": None if edit.layer is None else edit.layer.value,
        "level": None if place is None else place.level,
        "policy": None if policy is None else policy.name,
        "arn": None if policy is None else policy.arn,
        "file": None if span is None else span.source.name,
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
        "statement": edit.statement,
        "sid": edit.sid,
        "element": edit.element,
        "added": list(edit.added),
        "removed": list(edit.removed),
        "document": edit.document,
        "context": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in edit.context.items()
        },
        "guardrail": edit.guardrail,
        "guards": guard_sentence(edit, report.answer.request),
        "who": {
            "actor": edit.actor.value,
            "account": edit.account,
            "from_this_account": edit.own,
            "text": who_sentence(edit, report),
        },
    }


def _grant(grant: Grant) -> Json:
    statement = grant.statement
    span = statement.span
    return {
        "layer": grant.layer.layer.value,
        "level": grant.layer.level,
        "policy": grant.policy,
        "statement": statement.index,
        "sid": statement.sid,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
    }


def _blocker(blocker: Blocker, report: EditReport) -> Json:
    return {
        "reason": blocker.reason.value,
        "text": blocker_sentence(blocker, report),
        "layer": None if blocker.layer is None else blocker.layer.value,
        "policy": blocker.policy,
    }
