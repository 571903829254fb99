"""Lessons and exercises as the page asks for them: every one is walked through, data in and out."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile

import pytest

from iamsim.lessons.course import all_exercises
from iamsim.lessons.solution import find_solution
from iamsim.play.files import PAGE, _archives
from iamsim.play.worker import HOMES, answer


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
            entry["id"]: ask("predict", name=name, step=place, decision=entry["id"], layer="")
            for entry in shown["decisions"]
        }
        [right] = [decision for decision, reply in replies.items() if reply["right"]]
        assert all(reply["reason"] for decision, reply in replies.items() if decision != right)
        last = replies[right]
        if shown["layers"]:
            assert last["of"] == "decision"
            told = [
                ask("predict", name=name, step=place, decision=right, layer=layer["id"])
                for layer in shown["layers"]
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


def test_teachers_take_a_lesson_away():
    """Slides, handout, answers and class sheet of any lesson; the handout tells no answers."""
    name = COURSE["lessons"][2]["name"]
    forms = ("slides", "handout", "answers", "class-sheet")
    told = {form: ask("hand_out", name=name, form=form) for form in forms}
    assert told["slides"]["text"].startswith("---\nmarp: true")
    assert told["handout"]["name"] == f"{name}-handout.html"
    assert "What AWS decided" not in told["handout"]["text"]
    assert "data:image/svg+xml" in told["answers"]["text"]
    assert "data:image/svg+xml" not in told["handout"]["text"]
    rows = list(csv.DictReader(io.StringIO(told["class-sheet"]["text"])))
    assert len(rows) == COURSE["lessons"][2]["steps"]
    fault = json.loads(answer("hand_out", json.dumps({"name": name, "form": "song"})))["fault"]
    assert fault["code"] == "unknown-value"


def test_results_of_a_page_are_a_table():
    """A row for each lesson and exercise: what was answered, and right at the first try."""
    first = COURSE["lessons"][0]
    done = {f"{first['name']}/0": True, f"{first['name']}/1": False}
    done[f"exercise/{COURSE['exercises'][0]['name']}"] = True
    done["exam/0"] = True
    told = ask("hand_out", form="results", done=done)
    rows = {(row["kind"], row["name"]): row for row in csv.DictReader(io.StringIO(told["text"]))}
    assert len(rows) == len(COURSE["lessons"]) + len(COURSE["exercises"])
    assert rows["exam", "exam"]["right"] == "1"
    assert [rows["lesson", first["name"]][word] for word in ("answered", "right")] == ["2", "1"]
    assert rows["exercise", COURSE["exercises"][0]["name"]]["right"] == "1"
    assert rows["lesson", COURSE["lessons"][5]["name"]]["answered"] == "0"
    japanese = ask("hand_out", form="results", done=done, language="ja")["text"]
    assert japanese.startswith("受講者,種類,名前,問い,回答済み,正解\n")
    assert ask("hand_out", form="results", done=[])["text"].count("\n") == len(rows)  # no exam


def test_the_archives_of_the_page_hold_the_whole_course(tmp_path):
    """What the browser unpacks is enough for every lesson and exercise, and nothing is read beside
    it; the tabs that need the second archive wait for it."""
    for archive in _archives():
        zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    code = (
        "import json; from iamsim.play.worker import answer\n"
        "told = json.loads(answer('course', '{}')); assert 'fault' not in told, told\n"
        "for one in told['lessons']:\n"
        "    data = json.dumps({'name': one['name'], 'step': 0})\n"
        "    assert 'fault' not in json.loads(answer('step', data)), one\n"
        "print(len(told['lessons']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"},
    )
    assert (done.stdout.strip(), done.stderr) == (str(len(COURSE["lessons"])), "")
    script = (PAGE / "worker.js").read_text("utf-8")
    waiting = json.loads(re.search(r"LATER = new Set\((\[.*?\])\)", script)[1])
    assert set(waiting) == {name for name, home in HOMES.items() if home in ("learning", "worlds")}


def test_a_reason_speaks_of_the_choice_that_was_made():
    """Of grants that do not count, the one that lacks a single thing; where control policies are
    part of the question, nobody is said to be in no organization."""
    told = ask("predict", name="kms-grants", step=1, decision="allowed", layer="")
    assert "whose Action lists only kms:Encrypt and kms:GenerateDataKey" in told["reason"]
    told = ask("predict", name="kms-grants", step=2, decision="allowed", layer="")
    assert "the request has no kms:EncryptionContext:book" in told["reason"]
    place = {"name": "root-user", "step": 1, "layer": "resource-control-policy"}
    told = ask("predict", decision="explicitDeny", **place)
    assert told["reason"].startswith("There is no resource control policy in this request. ")
