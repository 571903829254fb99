"""`iamsim learn` beside its lessons: exercises, the exam, and what teachers print; every lesson and
every exercise is walked through as in a terminal."""

from __future__ import annotations

import csv
import io
import json

import pytest

from iamsim.cli import learn_exercise
from iamsim.cli.learn import COMMAND
from iamsim.cli.learn_exam import take_exam
from iamsim.cli.learn_exercise import ExerciseSession
from iamsim.cli.learn_session import LearnSession
from iamsim.cli.options import parse_options
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.lessons.blocks import layer_names
from iamsim.lessons.course import all_exercises, all_lessons
from iamsim.lessons.exam import SIZE, draw_exam
from iamsim.lessons.prediction import LAYER_CHOICES, VERDICT_CHOICES
from iamsim.lessons.progress import ExamResult, Progress
from iamsim.lessons.solution import find_solution
from iamsim.lessons.workplace import assert_exercise, lay_out
from iamsim.report.paint import Paint

LESSONS = all_lessons()
EXERCISES = all_exercises()
FIRST = EXERCISES[0]
LETTERS = {verdict: letter for letter, verdict in VERDICT_CHOICES.items()}


@pytest.fixture(autouse=True)
def _state(monkeypatch, tmp_path):
    """Nothing of the user's own is read or written."""
    monkeypatch.setenv("IAMSIM_STATE", str(tmp_path / "state"))


def learn(*words):
    """Run the command in this process."""
    options, arguments = parse_options(COMMAND.options, words, command="learn")
    return COMMAND.run(options, arguments)


def options_of(*words):
    """The options that words give."""
    return parse_options(COMMAND.options, words, command="learn")[0]


def typing(monkeypatch, lines):
    """Let `input` give these lines; the end of them is the end of the input."""
    left = iter(lines)

    def typed(prompt):
        print(prompt, end="")
        line = next(left, None)
        if line is None:
            raise EOFError
        print(line)
        return line

    monkeypatch.setattr("builtins.input", typed)
    return left


def wrong_then_right(lesson):
    """What somebody types who first guesses each choice wrong."""
    for step in lesson.steps:
        outcome = lesson.outcome(step)
        yield from (LETTERS[entry] for entry in LETTERS if entry is not outcome.verdict)
        yield LETTERS[outcome.verdict]
        if outcome.layer is not None:
            wrong = next(entry for entry in LAYER_CHOICES if entry is not outcome.layer)
            yield str(LAYER_CHOICES.index(wrong) + 1)
            yield str(LAYER_CHOICES.index(outcome.layer) + 1)
        yield ""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.name)
def test_every_lesson_is_walked_in_the_terminal(monkeypatch, capsys, lesson):
    """Each wrong choice gets its reason, each right one the explanation, up to the end."""
    left = typing(monkeypatch, wrong_then_right(lesson))
    progress = Progress()
    assert LearnSession(progress, Paint(), 100).teach(lesson)
    assert next(left, None) is None
    text = capsys.readouterr().out
    asked = sum(lesson.outcome(step).layer is not None for step in lesson.steps)
    assert text.count("not so\n") == 2 * len(lesson.steps) + asked
    assert f"lesson done: 0 of {len(lesson.steps)} right at once" in text
    assert progress.standing(lesson).done


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_every_exercise_is_walked_in_the_terminal(monkeypatch, capsys, exercise):
    """It is shown, graded as it starts, hinted at, solved in an editor, and then done."""
    solution = find_solution(exercise)

    def edit(files):
        for file in files:
            file.write_text(solution.files[file.name], encoding="utf-8")

    monkeypatch.setattr(learn_exercise, "open_editor", edit)
    typing(monkeypatch, ["g", "h", "what?", "e"])
    progress = Progress()
    assert ExerciseSession(exercise, progress, options_of()).run() == 0
    text = capsys.readouterr().out
    assert "before this exercise come lessons that are not done" in text
    assert "do not come out" in text
    assert f"hint: {exercise.hints[0]}" in text
    assert "e, g, h, w, s or q, please" in text
    assert "the goal is reached" in text
    assert Progress().exercise_word(exercise.name) == "done"


def test_an_exercise_can_be_left_and_gone_on_with(monkeypatch, capsys):
    """The files stay; the world, the solution and what the editor says are shown."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    typing(monkeypatch, ["w", "s", "h", "h", "h", "h", "e", "q"])
    session = ExerciseSession(FIRST, Progress(), options_of())
    assert session.run() == 0
    text = capsys.readouterr().out
    assert text.count("world.yaml") == 2
    assert find_solution(FIRST).files["reporter.json"] in text
    assert text.count(f"hint: {FIRST.hints[-1]}") == 2
    assert "no editor is known" in text
    file = session.folder / "reporter.json"
    file.write_text("{}", encoding="utf-8")
    typing(monkeypatch, [])
    assert session.run() == 0
    assert file.read_text("utf-8") == "{}"


def test_an_exercise_is_laid_out_and_graded_in_a_folder(tmp_path, capsys):
    """The first call writes the files, the next ones grade them: 1, and 0 when it is reached."""
    folder = tmp_path / "work"
    words = ("--exercise", FIRST.name, "--folder", str(folder))
    assert learn(*words, "-q") == 0
    assert "reporter.json" in capsys.readouterr().out
    assert learn(*words, "--format", "json") == 1
    assert not json.loads(capsys.readouterr().out)["passed"]
    (folder / "reporter.json").write_text(
        find_solution(FIRST).files["reporter.json"], encoding="utf-8"
    )
    assert learn(*words) == 0
    assert "passed" in capsys.readouterr().out
    assert learn(*words, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows
    assert learn("--exercise", "--format", "json") == 0
    entries = json.loads(capsys.readouterr().out)["exercises"]
    assert [entry["progress"] for entry in entries[:2]] == ["done", "new"]


def test_pytest_grades_a_folder(tmp_path):
    """The test that is laid out fails with the whole grade, and passes with the solution."""
    assert "test_exercise.py" in lay_out(FIRST, tmp_path)
    test = (tmp_path / "test_exercise.py").read_text("utf-8")
    assert f'assert_exercise("{FIRST.name}"' in test
    with pytest.raises(AssertionError, match="cases do not come out"):
        assert_exercise(FIRST.name, tmp_path)
    (tmp_path / "reporter.json").unlink()
    (tmp_path / "reporter.json").write_text(
        find_solution(FIRST).files["reporter.json"], encoding="utf-8"
    )
    assert_exercise(FIRST.name, tmp_path)
    (tmp_path / "reporter.json").write_bytes(b"\xff")
    with pytest.raises(RequestError):
        assert_exercise(FIRST.name, tmp_path)


def test_hints_come_one_after_the_other(capsys):
    """The last one stays; a solution is shown when it is asked for."""
    told = []
    for _ in range(len(FIRST.hints) + 1):
        assert learn("--exercise", "1", "--hint", "-q") == 0
        told.append(capsys.readouterr().out.strip())
    assert told == [hint.replace("`", "`") for hint in (*FIRST.hints, FIRST.hints[-1])]
    assert learn("--exercise", "1", "--solution", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["files"] == dict(find_solution(FIRST).files)
    assert learn("--exercise", "1", "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["goal"] == FIRST.goal
    assert learn("--exercise", "1", "--format", "html") == 0
    assert FIRST.title in capsys.readouterr().out


def answers_to(questions, *, right):
    """What somebody types who knows everything, or nothing."""
    for question in questions:
        outcome = question.lesson.outcome(question.step)
        if not right:
            yield LETTERS[next(verdict for verdict in LETTERS if verdict is not outcome.verdict)]
            continue
        yield "what?"
        yield LETTERS[outcome.verdict]
        if outcome.layer is not None:
            yield str([layer for layer, _ in layer_names("")].index(outcome.layer) + 1)


@pytest.mark.parametrize("seed", range(1, 4))
def test_an_exam_is_drawn_from_the_corpus(seed):
    """Twenty questions that hold, of many topics, no decision in more than half of them; the same
    seed draws the same."""
    questions = draw_exam(seed)
    assert len(questions) == SIZE
    assert questions == draw_exam.__wrapped__(seed) or [
        question.lesson.name for question in questions
    ] == [entry.lesson.name for entry in draw_exam.__wrapped__(seed)]
    assert len({question.lesson.name for question in questions}) == SIZE
    assert len({question.topic for question in questions}) >= SIZE // 2
    verdicts = [question.lesson.outcome(question.step).verdict for question in questions]
    assert all(verdicts.count(verdict) <= SIZE // 2 for verdict in Verdict)
    assert all(question.lesson.see for question in questions)


def test_an_exam_counts_and_says_what_was_wrong(monkeypatch, capsys):
    """One try each; the score is kept, and a wrong answer gets its reason and AWS's page."""
    questions = draw_exam(1, 6)
    typing(monkeypatch, answers_to(questions, right=True))
    progress = Progress()
    assert take_exam(1, questions, progress, Paint(), 100) == 0
    assert "6 of 6 right: the exam is passed" in capsys.readouterr().out
    typing(monkeypatch, answers_to(questions, right=False))
    assert take_exam(1, questions, progress, Paint(), 100) == 1
    text = capsys.readouterr().out
    assert "0 of 6 right: the exam is not passed" in text
    assert text.count("AWS says so") == 6
    assert Progress().best_exam == ExamResult(1, 6, 6)
    typing(monkeypatch, ["q"])
    assert take_exam(1, questions, progress, Paint(), 100) == 1
    asks_layer = [
        entry for entry in draw_exam(1) if entry.lesson.outcome(entry.step).layer is not None
    ]
    right = LETTERS[asks_layer[0].lesson.outcome(asks_layer[0].step).verdict]
    for last in ("q", "8"):
        typing(monkeypatch, [right, last])
        assert take_exam(1, asks_layer[:1], Progress(), Paint(), 100) == 1
    assert "does not count" in capsys.readouterr().out


def test_an_exam_is_printed_for_a_class(capsys):
    """With the key apart, as lessons are."""
    assert learn("--exam", "--seed", "4", "--size", "3", "--questions", "--format", "html") == 0
    assert capsys.readouterr().out.count("<h1>") == 3
    assert learn("--exam", "--seed", "4", "--size", "3", "-q") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_lessons_are_slides(capsys):
    """A slide between two rules, with a front that Marp reads; none is longer than a slide."""
    assert learn("explicit-deny", "12", "--slides") == 0
    text = capsys.readouterr().out
    assert text.startswith("---\nmarp: true\n")
    front, *parts = text.split("\n---\n")
    assert "marp: true" in front
    assert len(parts) > 10
    assert all(part.count("\n") < 45 for part in parts)
    assert "Bram" in text


def test_a_class_sheet_has_the_key_and_room_for_hands(capsys):
    """As text, and as CSV to be filled in."""
    assert learn("1-2", "--class-sheet", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == sum(len(lesson.steps) for lesson in LESSONS[:2])
    assert rows[0]["decision"] == "denied implicitly"
    assert rows[0]["layer"] == "identity-based policy"
    assert rows[0]["hands_allowed"] == ""
    assert learn("34", "--class-sheet") == 0
    assert "none of these" in capsys.readouterr().out
    assert learn("1", "--class-sheet", "-q") == 0
    assert capsys.readouterr().out == "nothing-is-allowed\n"


def test_the_results_of_a_class_are_a_table(tmp_path, capsys):
    """A row for each learner and lesson, exercise and exam."""
    for name in ("nora", "theo"):
        progress = Progress(tmp_path / name)
        progress.note(LESSONS[0], LESSONS[0].steps[0].name, right=name == "nora")
        progress.note_grade(FIRST.name, passed=name == "nora")
        progress.note_exam(ExamResult(1, 20, 15))
    files = [str(tmp_path / "nora"), str(tmp_path / "theo" / "lessons.json")]
    assert learn("--results", *files, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["learner"] for row in rows} == {"nora", "theo"}
    assert len(rows) == 2 * (len(LESSONS) + len(EXERCISES) + 1)
    first = {row["learner"]: row for row in rows if row["name"] == LESSONS[0].name}
    assert (first["nora"]["right"], first["theo"]["right"]) == ("1", "0")
    exercises = {row["learner"]: row for row in rows if row["name"] == FIRST.name}
    assert (exercises["nora"]["right"], exercises["theo"]["right"]) == ("1", "0")
    assert learn("--results", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["learner"] == "you"


def test_damaged_progress_is_passed_over(tmp_path):
    """What does not fit is as good as none."""
    for data in (
        {"lessons": 3, "exercises": {"a": 3, "b": {"passed": "yes"}}, "exams": [[1], "x"]},
        {"exams": {}},
    ):
        progress = Progress.of(data)
        assert progress.exercise_word("a") == progress.exercise_word("b") == "new"
        assert progress.best_exam is None
    with pytest.raises(RequestError):
        learn("--results", str(tmp_path / "no-such.json"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--exam", "--exercise"], "options-exclude-each-other"),
        (["--folder", "x"], "option-without-another"),
        (["--seed", "3"], "option-without-another"),
        (["1", "--format", "csv"], "format-not-written"),
        (["1", "--slides", "--format", "html"], "format-not-written"),
        (["--exam", "--seed", "x"], "invalid-number"),
        (["--exam", "--size", "0"], "invalid-number"),
        (["--exam", "3"], "unexpected-argument"),
        (["--exercise", "1", "2"], "unexpected-argument"),
        (["--exercise", "1", "--folder", "/dev/null/x"], "output-not-writable"),
        (["--slides"], "missing-argument"),
        (["--class-sheet"], "missing-argument"),
    ],
)
def test_what_does_not_go_together_is_refused(words, code):
    """With a reason."""
    with pytest.raises(RequestError) as caught:
        learn(*words)
    assert caught.value.code == code


def test_results_must_be_results(tmp_path):
    """A JSON file of something else is an error, not a learner without answers."""
    file = tmp_path / "policy.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        learn("--results", str(file))
    assert caught.value.code == "no-results"


def test_the_next_lesson_is_one_that_is_ready(capsys):
    """Lessons whose ground is missing wait."""
    progress = Progress()
    for lesson in LESSONS[:3]:
        for step in lesson.steps:
            progress.note(lesson, step.name, right=True)
    assert learn("next", "-q") == 0
    assert capsys.readouterr().out.startswith(f"{LESSONS[3].name}: ")


def test_without_a_place_for_files_an_exercise_says_so(monkeypatch):
    """And names the option that gives one."""
    monkeypatch.setenv("IAMSIM_STATE", "/dev/null/x")
    with pytest.raises(RequestError) as caught:
        ExerciseSession(FIRST, Progress(), options_of()).run()
    assert caught.value.hint == "name another folder with `--folder`"
    monkeypatch.setattr(learn_exercise, "state_folder", lambda: None)
    with pytest.raises(RequestError) as caught:
        ExerciseSession(FIRST, Progress(), options_of())
    assert caught.value.code == "state-not-writable"
