"""What somebody has learned, kept between runs in a file of the user's state folder.

The folder is the one that ``IAMSIM_STATE`` names, else ``iamsim`` below ``XDG_STATE_HOME``, else
``~/.local/state/iamsim`` (https://specifications.freedesktop.org/basedir-spec/latest/).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.lessons.lesson import Lesson

__all__ = ["Progress", "Standing", "state_folder"]

_FILE = "lessons.json"


def state_folder() -> Path | None:
    """The folder that progress is kept in; `None` where the user has no home."""
    own = os.environ.get("IAMSIM_STATE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(shared):  # noqa: PTH117 - an empty text is no path
        return Path(shared) / "iamsim"
    try:
        return Path.home() / ".local" / "state" / "iamsim"
    except RuntimeError:
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far somebody is with a lesson: questions in all, answered, and right at once."""

    questions: int
    answered: int
    right: int

    @property
    def done(self) -> bool:
        """Whether every question was answered."""
        return self.answered == self.questions

    @property
    def word(self) -> str:
        """`done`, `begun` or `new`."""
        if self.done:
            return "done"
        return "begun" if self.answered else "new"


@dataclass(slots=True)
class Progress:
    """Which questions were answered, and whether right at once. The first answer counts.

    A file that can't be read or written is as good as none: lessons work all the same.
    """

    folder: Path | None = field(default_factory=state_folder)
    _answers: dict[str, dict[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier run left."""
        self._answers = self._stored()

    def _stored(self) -> dict[str, dict[str, bool]]:
        if self.folder is None:
            return {}
        try:
            data = json.loads(read_bytes(self.folder / _FILE))
        except (OSError, ValueError, RecursionError):
            return {}
        lessons = data.get("lessons") if isinstance(data, dict) else None
        if not isinstance(lessons, dict):
            return {}
        return {
            name: {question: right for question, right in some.items() if isinstance(right, bool)}
            for name, some in lessons.items()
            if isinstance(some, dict)
        }

    def standing(self, lesson: Lesson) -> Standing:
        """Say how far somebody is with a lesson; questions that it no longer has don't count."""
        own: Mapping[str, bool] = self._answers.get(lesson.name, {})
        answers = [own[one.name] for one in lesson.steps if one.name in own]
        return Standing(len(lesson.steps), len(answers), sum(answers))

    def note(self, lesson: Lesson, question: str, *, right: bool) -> bool:
        """Keep the answer to a question; false where it can't be written."""
        self._answers.setdefault(lesson.name, {}).setdefault(question, right)
        return self._store()

    def forget(self) -> bool:
        """Start afresh; false where the file can't be written."""
        self._answers = {}
        return self._store()

    def _store(self) -> bool:
        if self.folder is None:
            return False
        text = json.dumps({"lessons": self._answers}, indent=1, sort_keys=True) + "\n"
        try:
            write_folder(self.folder, {_FILE: text})
        except OSError:
            return False
        return True
