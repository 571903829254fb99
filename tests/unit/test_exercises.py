"""Exercises: the start fails, the solution passes with every change noticed, and each usual mistake
fails with words that help."""

from __future__ import annotations

import pytest

from iamsim.core.errors import RequestError, WorldError
from iamsim.lessons.course import all_exercises, exercise_files, find_exercise, solution_file
from iamsim.lessons.exercise import HIDDEN, load_exercise
from iamsim.lessons.graded import graded_document, verdict_line
from iamsim.lessons.grading import grade
from iamsim.lessons.solution import find_solution
from iamsim.proofs.same_access import same_access
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text
from iamsim.suites.mutation.run import Verdict

EXERCISES = all_exercises()
FIRST = EXERCISES[0]
SETTLED = {Verdict.KILLED, Verdict.EQUIVALENT}
NEVER_SENT = "only a request that AWS never sends would tell it"


def text_of(graded):
    """A grade as people read it, without its line breaks."""
    return " ".join(to_text(graded_document(graded), Paint(), 100).split())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_an_exercise_is_complete(exercise):
    """It cites AWS, says its goal in one sentence, hides some cases with their reasons, and has
    hints in steps."""
    assert exercise.see
    assert all(page.startswith("https://docs.aws.amazon.com/") for page in exercise.see)
    assert exercise.goal.endswith(".")
    assert ". " not in exercise.goal
    assert len(exercise.hints) > 1
    assert exercise.visible
    hidden = [request for request in exercise.scenario.requests if HIDDEN in request.tags]
    assert len(hidden) > 1
    assert all(exercise.reasons.get(entry.name) for entry in hidden)
    assert all(request.expect is not None for request in exercise.scenario.requests)
    # Of several questions in one case a single denial would be enough.
    denied = [request for request in exercise.scenario.requests if request.expect != "allowed"]
    assert all(len(entry.questions) == 1 for entry in denied)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_the_start_fails(exercise):
    """What one begins with reads, and does not reach the goal."""
    graded = grade(exercise, exercise.start)
    assert not graded.broken
    assert not graded.passed
    assert graded.failing


@pytest.mark.timeout(300)  # two of the proofs are about all actions
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_the_solution_passes_and_every_change_of_it_is_noticed(exercise):
    """The cases pin the goal down: what no case tells is proved to make no difference, or only a
    request would tell it that AWS never sends."""
    graded = grade(exercise, find_solution(exercise).files, prove=same_access)
    assert text_of(graded).startswith("passed: ")
    assert graded.passed
    assert graded.mutants
    left = {mutant.why for mutant in graded.mutants if mutant.verdict not in SETTLED}
    assert left <= {NEVER_SENT}


@pytest.mark.parametrize(
    ("exercise", "mistake"),
    [(entry, mistake) for entry in EXERCISES for mistake in find_solution(entry).mistakes],
    ids=lambda one: getattr(one, "name", None) or one.mistake,
)
def test_a_usual_mistake_fails_with_a_reason(exercise, mistake):
    """And the reason is about that mistake."""
    graded = grade(exercise, mistake.files)
    assert not graded.passed
    assert not graded.broken
    assert mistake.says in text_of(graded)


def test_there_are_exercises_each_with_a_mistake_in_their_order():
    """Numbers are those of the files; each has a solution with at least one mistake."""
    assert [entry.number for entry in EXERCISES] == list(range(1, len(EXERCISES) + 1))
    assert len(exercise_files()) == len(EXERCISES)
    assert all(find_solution(entry).mistakes for entry in EXERCISES)


def test_exercises_are_found():
    """By number, name or file."""
    assert find_exercise("1").name == FIRST.name
    assert find_exercise(FIRST.name.upper()).name == FIRST.name
    assert find_exercise(exercise_files()[0]).name == FIRST.name
    with pytest.raises(RequestError) as caught:
        find_exercise(FIRST.name[:-1])
    assert caught.value.hint == f"did you mean `{FIRST.name}`?"


def test_what_does_not_read_is_said_with_its_place():
    """A file that is missing, that nobody asked for, that is no JSON, or that is no policy."""
    [name] = FIRST.start
    for files, words in (
        ({}, "is missing"),
        ({**FIRST.start, f"{name}x": ""}, f"did you mean `{name}`?"),
        ({name: "{"}, f"{name}:1"),
        ({name: "[]"}, "a policy is a map"),
        ({name: '{"Version": "2012-10-17", "Statement": [{"Effect": "Alow"}]}'}, "Alow"),
    ):
        graded = grade(FIRST, files)
        assert not graded.passed
        assert graded.broken
        assert words in text_of(graded)
        assert verdict_line(graded) == "1 file can't be graded"


def test_a_limit_is_kept():
    """What reaches the goal with more statements than allowed does not pass."""
    solution = find_solution(FIRST).files["reporter.json"]
    more = solution.replace(
        '"Statement": [',
        '"Statement": [{"Effect": "Allow", "Action": "s3:GetObject",'
        ' "Resource": "arn:aws:s3:::shipyard-plans/hull-7/a"},',
    )
    graded = grade(FIRST, {"reporter.json": more})
    assert not graded.failing
    assert (graded.fits, graded.passed) == (False, False)
    assert "3 statements, and 2 are allowed" in text_of(graded)


def test_a_part_that_is_not_needed_is_found():
    """A change that no case notices is shown with a request that tells it."""
    solution = find_solution(FIRST).files["reporter.json"]
    more = solution.replace('"s3:GetObject"', '"s3:GetObject", "s3:GetObjectTagging"')
    graded = grade(FIRST, {"reporter.json": more})
    assert not graded.failing
    assert not graded.passed
    assert "`s3:GetObjectTagging` is not in Action" in text_of(graded)


def test_a_file_that_is_no_exercise_is_refused(tmp_path):
    """A scenario without the block, and a policy that the world does not have."""
    text = FIRST.document.source.text
    for old, new, code in (
        (text[text.index("exercise:") :], "", "not-an-exercise"),
        ("edit: [reporter]", "edit: [reporterr]", "unknown-policy"),
    ):
        file = tmp_path / "mine.yaml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(WorldError) as caught:
            load_exercise(str(file))
        assert caught.value.code == code
    file.write_text(text, encoding="utf-8")
    mine = load_exercise(str(file))
    assert mine.name == "mine"
    assert solution_file(mine) is None
    with pytest.raises(RequestError):
        find_solution(mine)
