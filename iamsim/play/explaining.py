"""The tab that explains: the answer with its picture, edits, and what to take away."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.draw.picture import draw_decision
from iamsim.draw.style import Theme
from iamsim.play.asked import LAYERS, Sheet, read_sheet, text_of, width_of
from iamsim.query.comparison import Comparison, compare_answers
from iamsim.query.edits.patches import changed_texts
from iamsim.query.edits.search import suggest_edits
from iamsim.query.hints import doubts_of
from iamsim.report.edits import edits_document
from iamsim.report.hints import hint_text
from iamsim.report.html.explain import AnswerReport, answer_document
from iamsim.report.side_by_side import comparison_in_short
from iamsim.report.summary import summary
from iamsim.report.writers.html import to_fragment
from iamsim.suites.asked import scenario_of
from iamsim.words.labels import VERDICTS
from iamsim.words.language import in_english, speaker
from iamsim.words.steps import picture_of

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.query.edits.model import Edit, EditSet

Json = dict[str, Any]
ADDED_TO = {
    Layer.IDENTITY_BASED_POLICY: "identity",
    Layer.RESOURCE_BASED_POLICY: "resource",
    Layer.PERMISSIONS_BOUNDARY: "boundary",
    Layer.SESSION_POLICY: "session",
    Layer.SERVICE_CONTROL_POLICY: "scp",
    Layer.RESOURCE_CONTROL_POLICY: "rcp",
    Layer.VPC_ENDPOINT_POLICY: "vpce",
}
OPTIONS = {
    "identity": "--identity-policy",
    "resource": "--resource-policy",
    "boundary": "--permissions-boundary",
    "session": "--session-policy",
    "scp": "--scp",
    "rcp": "--rcp",
    "vpce": "--vpce-policy",
}


def explain(given: Mapping[str, Any]) -> Json:
    """Answer the question of a page: verdict, sentence, picture, and all that led there.

    `width` and `theme` are those of the picture; `before` is the page that the answer is held
    against, if any; `language` is that of the page. Raises `InputError`.
    """
    sheet = read_sheet(given)
    answer = sheet.answer()
    language = str(given.get("language"))
    picture = draw_decision(
        answer,
        width=width_of(given),
        language=language,
    )
    told = {
        **_verdict(answer, language),
        "svg": picture.render("svg", Theme(text_of(given, "theme") or "auto")).decode(),
        "details": to_fragment(answer_document(AnswerReport(answer))),
        "doubts": [hint_text(hint) for hint in doubts_of(answer)],
    }
    if isinstance(given.get("before"), dict):
        earlier = read_sheet(given["before"]).answer()
        held = Comparison(earlier, answer, compare_answers(earlier, answer))
        told["compared"] = {**_verdict(earlier, language), "summary": comparison_in_short(held)}
    return told


def _verdict(answer: Answer, language: str) -> Json:
    """The decision in short; in another language the sentence is that of the picture."""
    verdict = answer.decision.verdict
    english = speaker(language) is in_english
    return {
        "verdict": verdict.value,
        "word": VERDICTS[verdict],
        "sentence": summary(answer).partition(": ")[2] if english else picture_of(answer).sentence,
    }


def edit(given: Mapping[str, Any]) -> Json:
    """Find what would change the answer: sentences and patches, and for each set what becomes of
    the page, or nothing where it is done elsewhere. Raises `InputError`."""
    sheet = read_sheet(given)
    report = suggest_edits(sheet.question)
    return {
        "html": to_fragment(edits_document(report)),
        "sets": [_applied(edit_set, sheet) for edit_set in report.sets],
    }


def _applied(found: EditSet, sheet: Sheet) -> Json | None:
    """What of the page changes: texts of policies by number, new policies, context keys."""
    texts = changed_texts(found.edits)
    changed: Json = {"texts": {}, "added": [], "context": {}}
    for name, text in texts.items():
        if name not in sheet.names:
            return None
        changed["texts"][str(sheet.names.index(name))] = text
    for other_edit in found.edits:
        if other_edit.context:
            changed["context"] |= {
                key: value if value is None or isinstance(value, str) else list(value)
                for key, value in other_edit.context.items()
            }
        elif not _is_written(other_edit, texts):
            layer = None if other_edit.layer is None else ADDED_TO.get(other_edit.layer)
            if layer is None or other_edit.document is None:
                return None
            changed["added"].append(
                {"layer": layer, "text": json.dumps(other_edit.document, indent=2)}
            )
    return changed


def _is_written(one: Edit, texts: Mapping[str, str]) -> bool:
    origin = None if one.place is None else one.place.origin
    return origin is not None and origin.source.name in texts


def export(given: Mapping[str, Any]) -> Json:
    """Give the question as a `form` to take away: ``scenario``, ``test`` or ``command``."""
    sheet = read_sheet(given)
    form = text_of(given, "form")
    if form == "command":
        return {"text": _command(sheet, given), "name": ""}
    text = scenario_of(sheet.question, sheet.answer())
    if text is None or form not in ("scenario", "test"):
        raise RequestError("unknown-value", f"`{form}` is no form of a question")
    if form == "scenario":
        text = _without_expectation(text)
    return {"text": text, "name": f"question.{'iamtest' if form == 'test' else 'scenario'}.yaml"}


def _without_expectation(text: str) -> str:
    """A scenario that asks, and expects nothing."""
    lines = text.splitlines()
    return (
        "\n".join(line for line in lines if not line.startswith(("    expect:", "    because:")))
        + "\n"
    )


def _command(sheet: Sheet, given: Mapping[str, Any]) -> str:
    """The command that asks the same."""
    question = sheet.question
    parts = ["iamsim explain", f"-p {shlex.quote(question.principal)}"]
    parts += [f"-a {shlex.quote(question.action)}", f"-r {shlex.quote(question.resource)}"]
    for key, value in question.context.items():
        several = (value,) if isinstance(value, str) else value
        parts += [f"-c {shlex.quote(f'{key}={text}')}" for text in several]
    if question.resource_account:
        parts.append(f"--resource-account {question.resource_account}")
    if question.partial:
        parts.append("--partial")
    levels: dict[tuple[str, int], list[str]] = {}
    for number, policy in enumerate(given["policies"]):
        if policy.get("off"):
            continue
        text = json.dumps(json.loads(policy["text"]), separators=(",", ":"), ensure_ascii=False)
        levels.setdefault((policy["layer"], policy.get("level") or number), []).append(text)
    if any(len(texts) > 1 for texts in levels.values()):
        # An option takes one text for a level.
        return "# the scenario holds the policies\niamsim explain question.scenario.yaml\n"
    ordered = sorted(levels, key=lambda level: (list(LAYERS).index(level[0]), level[1]))
    for layer, number in ordered:
        parts += [f"{OPTIONS[layer]} {shlex.quote(level)}" for level in levels[layer, number]]
    return " \\\n  ".join(parts) + "\n"
