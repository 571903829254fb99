"""Lessons and exercises as the page asks for them: every one is walked through, data in and out."""

from __future__ import annotations

import json

import pytest

from iamsim.lessons.course import all_exercises
from iamsim.lessons.solution import find_solution
from iamsim.play.worker import answer


def ask(method, **given):
    """Ask as the page does."""
    told = json.loads(answer(method, json.dumps(given)))
    assert "fault" not in told, told
    return told


COURSE = ask("course")


@pytest.mark.parametrize("lesson", COURSE["lessons"], ids=lambda one: one["name"])
def test_every_lesson_is_walked_in_the_page(lesson):
    """Each wrong decision gets its reason, the right one leads on, up to the last step."""
    name = lesson["name"]
    for place in range(lesson["steps"]):
        shown = ask("step", name=name, step=place)
        assert shown["html"]
        replies = {
            one["id"]: ask("predict", name=name, step=place, decision=one["id"], layer="")
            for one in shown["decisions"]
        }
        [right] = [decision for decision, reply in replies.items() if reply["right"]]
        assert all(reply["reason"] for decision, reply in replies.items() if decision != right)
        last = replies[right]
        if shown["layers"]:
            assert last["of"] == "decision"
            told = [
                ask("predict", name=name, step=place, decision=right, layer=one["id"])
                for one in shown["layers"]
            ]
            assert all(reply["right"] or reply["reason"] for reply in told)
            [last] = [reply for reply in told if reply["right"]]
        assert last["of"] == "all"
        assert last["html"] == ask("solve", name=name, step=place)["html"]


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda one: one.name)
def test_every_exercise_is_walked_in_the_page(exercise):
    """The start does not pass, and the solution does."""
    shown = ask("exercise", name=exercise.name)
    assert shown["files"] == dict(exercise.start)
    graded = ask("grade", name=exercise.name, files=shown["files"])
    assert (graded["passed"], graded["word"]) == (False, "failed")
    graded = ask("grade", name=exercise.name, files=dict(find_solution(exercise).files))
    assert (graded["passed"], graded["word"]) == (True, "passed")
    assert graded["html"]
