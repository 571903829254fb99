"""Lessons as other surfaces teach them: every choice of every step is answered, wrong ones with
their reason."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from iamsim.core.errors import RequestError
from iamsim.lessons.course import all_lessons
from iamsim.lessons.graded import grade_data
from iamsim.lessons.teaching import (
    answer,
    course,
    exercise,
    explained,
    grade_files,
    solved,
    step,
)

LESSONS = [(lesson["name"], lesson["steps"]) for lesson in course()["lessons"]]


def choices(asked, kind):
    """The ids of the choices of a step."""
    return [choice["id"] for choice in asked[kind]]


@pytest.mark.parametrize(("name", "steps"), LESSONS)
def test_every_choice_of_every_step_is_answered(name, steps):
    """One decision and at most one layer is right; what is wrong has a reason of its own."""
    for place in range(steps):
        asked = step(name, place)
        assert asked["lesson"] == name
        assert asked["question"] in unescape(re.sub("</?code>", "`", asked["html"]))
        right = [
            choice for choice in choices(asked, "decisions") if answer(name, place, choice)["right"]
        ]
        assert len(right) == 1
        for decision in choices(asked, "decisions"):
            reply = answer(name, place, decision)
            assert reply["right"] or (reply["of"] == "decision" and reply["reason"].endswith("."))
        replies = {
            layer: answer(name, place, right[0], layer) for layer in choices(asked, "layers")
        }
        if replies:
            assert sum(reply["right"] for reply in replies.values()) == 1
            assert all(reply["right"] or reply["reason"] for reply in replies.values())
        last = solved(name, place)
        assert last["decision"] == right[0]
        assert last["learned"]
        assert explained(name, place).decision.verdict.value == right[0]
        assert json.dumps([asked, last])


def test_a_reason_is_about_the_choice_that_was_made():
    """The engine names the statement that speaks for or against it."""
    one = answer("explicit-deny", 0, "allowed")["reason"]
    assert one == (
        "Statement 1 of the identity-based policy (identity-policies-1.json:3) allows it. But a"
        " matching `Deny` wins over every `Allow`."
    )
    other = answer("explicit-deny", 2, "explicitDeny")["reason"]
    assert "whose Resource lists only arn:aws:s3:::alder-manuscripts/*" in other
    layer = answer("across-accounts", 0, "implicitDeny", "identity-based-policy")["reason"]
    assert "So it is not what stops the request." in layer


def test_none_of_these_is_right_where_no_policy_decides():
    """The root user needs no policy, and what a service keeps for itself no policy allows."""
    assert answer("root-user", 0, "allowed", "none")["right"]
    wrong = answer("root-user", 0, "allowed", "identity-based-policy")
    assert wrong["reason"].startswith("There is no identity-based policy, and none is needed")
    assert answer("central-root-access", 2, "implicitDeny", "none")["right"]
    capped = answer("scp-allow-lists", 2, "allowed")["reason"]
    assert capped.startswith("The root user needs no policy of its own. That is not enough here")
    refused = answer("central-root-access", 2, "allowed")["reason"]
    assert refused.startswith("No policy can allow it")
    assert not answer("explicit-deny", 0, "explicitDeny", "none")["right"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: step("explicit-deny", 9), "unknown-step"),
        (lambda: step("explicit-deny", -1), "unknown-step"),
        (lambda: step("no-such", 0), "unknown-lesson"),
        (lambda: step("exam", 20), "unknown-step"),
        (lambda: answer("explicit-deny", 0, "perhaps"), "unknown-choice"),
        (lambda: answer("explicit-deny", 0, "explicitDeny", "perhaps"), "unknown-choice"),
        (lambda: exercise("no-such"), "unknown-exercise"),
    ],
)
def test_what_can_not_be_found_is_refused(call, code):
    """With a code that a surface can tell apart."""
    with pytest.raises(RequestError) as caught:
        call()
    assert caught.value.code == code


def test_exercises_are_given_and_graded_as_data():
    """The files that it starts with fail, and what is hidden stays so until it fails."""
    asked = exercise("least-privilege-by-hand")
    assert asked["files"].keys() == {"reporter.json"}
    assert "reporter: reporter.json" in asked["world"]
    assert asked["hidden"] > 0
    graded = grade_data(grade_files("least-privilege-by-hand", asked["files"]))
    assert not graded["passed"]
    assert graded["mutants"] is None
    assert all(case["name"] for case in graded["cases"] if not case["passed"])
    assert json.dumps(graded)


def test_the_course_has_an_order():
    """What comes before a lesson has a smaller number, and exercises name lessons."""
    numbers = {lesson.name: lesson.number for lesson in all_lessons()}
    *lessons, exam = course()["lessons"]
    assert (exam["name"], exam["number"]) == ("exam", len(lessons) + 1)
    for entry in (*lessons, exam):
        assert all(numbers[name] < entry["number"] for name in entry["after"])
    for member in course()["exercises"]:
        assert member["after"]
        assert all(name in numbers for name in member["after"])
