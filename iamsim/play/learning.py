"""The tab with lessons and exercises: what `iamsim.lessons.teaching` gives, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamsim.core.errors import RequestError
from iamsim.lessons import teaching
from iamsim.lessons.graded import graded_document
from iamsim.play.asked import text_of, width_of
from iamsim.report.writers.html import to_fragment
from iamsim.words.language import course_speaker

Json = dict[str, Any]
_EXPECTED = {"allowed": "allowed", "denied": "denied", "explicitDeny": "denied explicitly"}


def course(_given: Mapping[str, Any]) -> Json:
    """The lessons and exercises, in their order."""
    return teaching.course()


def step(given: Mapping[str, Any]) -> Json:
    """A `step` of the lesson `name`: what is shown, the question, the choices."""
    return teaching.step(text_of(given, "name"), _place(given), _language(given))


def predict(given: Mapping[str, Any]) -> Json:
    """What comes of a choice: a `decision`, and a `layer` where one is asked for."""
    layer = text_of(given, "layer") or None
    decision = text_of(given, "decision")
    name, place = text_of(given, "name"), _place(given)
    return teaching.answer(name, place, decision, layer, _language(given), width_of(given))


def solve(given: Mapping[str, Any]) -> Json:
    """The answer of a step, explained."""
    name, place = text_of(given, "name"), _place(given)
    return teaching.solved(name, place, _language(given), width_of(given))


def exercise(given: Mapping[str, Any]) -> Json:
    """The exercise `name`: its goal, what is to be written, and the cases that are shown."""
    told = teaching.exercise(text_of(given, "name"))
    cases = [
        {**case, "title": case["name"], "word": _EXPECTED[case["expect"]]} for case in told["cases"]
    ]
    return {**told, "text": course_speaker(_language(given))(told["text"]), "cases": cases}


def hand_out(given: Mapping[str, Any]) -> Json:
    """A file for teachers: of the lesson `name` in a `form`, or the ``results`` of what is
    `done`."""
    if text_of(given, "form") == "results":
        done = given.get("done")
        return teaching.results_table(done if isinstance(done, dict) else {}, _language(given))
    return teaching.hand_out(text_of(given, "name"), text_of(given, "form"), _language(given))


def grade(given: Mapping[str, Any]) -> Json:
    """Grade the `files` that somebody wrote for an exercise, by their names."""
    files = given.get("files")
    if not isinstance(files, dict) or not all(isinstance(file, str) for file in files.values()):
        raise RequestError("wrong-type", "the files of an exercise must be texts")
    document = graded_document(teaching.grade_files(text_of(given, "name"), files))
    return {
        "passed": document.verdict is not None and document.verdict.kind == "yes",
        "word": "" if document.verdict is None else document.verdict.word,
        "sentence": document.summary,
        "html": to_fragment(document),
    }


def _language(given: Mapping[str, Any]) -> str:
    return text_of(given, "language") or "en"


def _place(given: Mapping[str, Any]) -> int:
    place = given.get("step")
    if not isinstance(place, int):
        raise RequestError("wrong-type", "the step of a lesson must be a number")
    return place
