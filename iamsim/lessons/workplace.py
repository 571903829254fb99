"""The folder in which somebody works on an exercise: its files, the world, the cases as a suite,
and a test for pytest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_text
from iamsim.files.writing import write_folder
from iamsim.lessons.course import find_exercise
from iamsim.lessons.exercise_sheet import exercise_sheet
from iamsim.lessons.graded import graded_document
from iamsim.lessons.grading import grade
from iamsim.report.paint import Paint
from iamsim.report.writers.markdown import to_markdown
from iamsim.report.writers.text import to_text
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from iamsim.lessons.exercise import Exercise

_MOST_BYTES = 1_000_000
_WIDTH = 100
_TEST = """\"\"\"Grades this folder, as `iamsim learn --exercise {name} --folder .` does.\"\"\"

from pathlib import Path

from iamsim.lessons.workplace import assert_exercise


def test_the_goal_is_reached():
    \"\"\"All cases, the visible and the hidden; the limit; and every change is noticed.\"\"\"
    assert_exercise("{name}", Path(__file__).parent)
"""


def unwritten(exercise: Exercise, folder: Path) -> tuple[str, ...]:
    """The files of an exercise that a folder lacks."""
    return tuple(name for name in exercise.start if not (folder / name).exists())


def lay_out(exercise: Exercise, folder: Path) -> tuple[str, ...]:
    """Write what one begins with, and give the names; files that are there stay as they are.

    Raises `OSError` where the folder can't be written.
    """
    files = {
        **exercise.start,
        **exercise.given,
        "world.yaml": exercise.world_text,
        "README.md": to_markdown(exercise_sheet(exercise)),
        "exercise.iamtest.yaml": _suite(exercise),
        "test_exercise.py": _TEST.format(name=exercise.name),
    }
    new = {
        name: text if text.endswith("\n") else f"{text}\n"
        for name, text in files.items()
        if not (folder / name).exists()
    }
    write_folder(folder, new)
    return tuple(new)


def read_work(exercise: Exercise, folder: Path) -> dict[str, str]:
    """The files of an exercise as somebody wrote them; those that are missing are left out.

    Raises `RequestError` for what is no text.
    """
    found = {}
    for name in exercise.start:
        if not (folder / name).exists():
            continue
        try:
            found[name] = read_text(folder / name, most=_MOST_BYTES)
        except (OSError, ValueError) as error:
            raise RequestError("file-not-readable", f"can't read `{folder / name}`") from error
    return found


def assert_exercise(name: str, folder: Path | str) -> None:
    """Raise `AssertionError`, with the whole grade, unless a folder's files reach the goal."""
    exercise = find_exercise(name)
    graded = grade(exercise, read_work(exercise, Path(folder)))
    if not graded.passed:
        raise AssertionError("\n" + to_text(graded_document(graded), Paint(), _WIDTH))


def _suite(exercise: Exercise) -> str:
    """The visible cases as a suite for `iamsim test`."""
    data = exercise.document.data
    if not isinstance(data, dict):  # a scenario is a map: it was read as one
        raise TypeError(exercise.name)
    names = {request.name for request in exercise.visible}
    kept = {key: data[key] for key in ("defaults",) if key in data}
    requests = [entry for entry in data["requests"] if entry.get("name") in names]
    return write_yaml(
        {"title": exercise.title, "world": "world.yaml", **kept, "requests": requests}
    )
