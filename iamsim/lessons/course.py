"""The course: the lessons and exercises that come with the program, and how people name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from iamsim.core.errors import InternalError, RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.lessons.exercise import Exercise, load_exercise
from iamsim.lessons.lesson import Lesson, load_lesson

_PACKAGE = Path(__file__).parent.parent
# The wheel's, the checkout's.
_FOLDERS = (_PACKAGE / "_corpus", _PACKAGE.parent / "corpus")
_ENDINGS = (".yaml", ".yml", ".json")
ALL = "all"


def lesson_files() -> tuple[str, ...]:
    """The files of the course in their order; raises `InternalError` where there are none."""
    return _files("lessons")


def exercise_files() -> tuple[str, ...]:
    """The files of the exercises in their order; raises `InternalError` where there are none."""
    return _files("exercises")


def _files(kind: str) -> tuple[str, ...]:
    return tuple(sorted(str(path) for path in corpus_folder(kind).glob("*.yaml")))


def corpus_folder(kind: str) -> Path:
    """A folder of the corpus, of the wheel or of the checkout; raises `InternalError` for none."""
    for folder in _FOLDERS:
        if (folder / kind).is_dir():
            return folder / kind
    raise InternalError("missing-lessons", f"the {kind} are not installed")


def name_of(file: str) -> str:
    """The name of a lesson or an exercise, by which people call it: its file's without number."""
    return Path(file).stem.partition("-")[2]


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Read the whole course."""
    return tuple(load_lesson(file) for file in lesson_files())


@cache
def all_exercises() -> tuple[Exercise, ...]:
    """Read all exercises."""
    return tuple(load_exercise(file) for file in exercise_files())


def find_exercise(word: str) -> Exercise:
    """Find an exercise by number, name, or its file; raises `RequestError` for what names none."""
    if word.endswith(_ENDINGS):
        return load_exercise(word)
    files = exercise_files()
    names = {name_of(file): file for file in files}
    names |= {str(number): file for number, file in enumerate(files, 1)}
    file = names.get(word.lower())
    if file is None:
        close = did_you_mean(word, names)
        raise RequestError(
            "unknown-exercise",
            f"there is no exercise `{word}`",
            hint=close or "`iamsim learn --exercise` lists them",
        )
    return load_exercise(file)


def solution_file(exercise: Exercise) -> str | None:
    """The file with the model solution of an exercise of the course, and with usual mistakes."""
    for file in exercise_files():
        if name_of(file) == exercise.name:
            path = Path(file)
            return str(path.parent / "solutions" / path.name)
    return None


def find_lessons(words: Iterable[str]) -> tuple[Lesson, ...]:
    """Find lessons by number, name, a range such as ``3-7``, ``all``, or the file of a lesson.

    Each comes once, in the order in which they were named. Raises `RequestError` for what names
    none, and what reading a file raises.
    """
    lessons: dict[int, Lesson] = {}
    for word in words:
        for lesson in _named(word):
            lessons[id(lesson)] = lesson
    return tuple(lessons.values())


def _named(word: str) -> Sequence[Lesson]:
    if word.endswith(_ENDINGS):
        return (load_lesson(word),)
    if word == ALL:
        return all_lessons()
    files = lesson_files()
    numbers = _numbers(word)
    if numbers is not None:
        if not 1 <= numbers[0] <= numbers[1] <= len(files):
            raise RequestError(
                "unknown-lesson",
                f"there is no lesson `{word}`",
                hint=f"the lessons are numbered from 1 to {len(files)}",
            )
        return [_loaded(files[number - 1]) for number in range(numbers[0], numbers[1] + 1)]
    # Names are those of the files, so that one lesson is found without reading the others.
    names = {name_of(file): file for file in files}
    wanted = word.lower()
    if wanted not in names:
        close = did_you_mean(word, names)
        raise RequestError(
            "unknown-lesson",
            f"there is no lesson `{word}`",
            hint=close or "`iamsim learn` lists them",
        )
    return (_loaded(names[wanted]),)


@cache
def _loaded(file: str) -> Lesson:
    return load_lesson(file)


def _numbers(word: str) -> tuple[int, int] | None:
    """First and last number of a range; of one number both."""
    first, dash, last = word.partition("-")
    if not (first.isascii() and first.isdecimal()):
        return None
    if not dash:
        return int(first[:6]), int(first[:6])
    if not (last.isascii() and last.isdecimal()):
        return None
    return int(first[:6]), int(last[:6])
