"""`iamsim learn --edit`: the policies of a lesson in an editor, and the answer that they give."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from iamsim.cli.output import terminal_width, write_output
from iamsim.cli.world_options import paint_for
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.lessons.blocks import Block, Explanation, Prose, outcome_text
from iamsim.lessons.editing import EditedCopy
from iamsim.lessons.text import blocks_text

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.lessons.lesson import Lesson, Outcome, Step


def edit_once(lesson: Lesson, options: Options) -> int:
    """Open the policies of a lesson's question, and write what AWS decides with them now.

    Raises `RequestError` where there is no editor, and `PolicyError` for what does not read.
    """
    step = lesson.steps[0]
    with TemporaryDirectory(prefix="iamsim-") as folder:
        copy = EditedCopy(lesson, step, Path(folder))
        open_editor(copy.files)
        after = copy.outcome()
        blocks = before_and_after(step, lesson.outcome(step), after)
        text = blocks_text(blocks, paint_for(options), terminal_width())
        write_output(text, options.text("output"))
    return 0


def before_and_after(step: Step, before: Outcome, after: Outcome) -> list[Block]:
    """What the decision was, what it is, and why."""
    was, now = _word(before, step), _word(after, step)
    change = f"before: {was}; now: {now}" if was != now else f"as before: {now}"
    return [Prose(change), Explanation(after.answer)]


def _word(outcome: Outcome, step: Step) -> str:
    """The decision; of a denial the layer as well."""
    allowed = outcome.verdict is Verdict.ALLOWED
    return outcome_text(outcome._replace(layer=None) if allowed else outcome, step.action)


def open_editor(files: Sequence[Path]) -> None:
    """Open files in the editor that ``VISUAL`` or ``EDITOR`` names, and wait until it ends.

    Raises `RequestError` where there is none, or where it fails.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise RequestError(
            "no-editor",
            "no editor is known",
            hint="the environment variable EDITOR names it, for example `EDITOR=nano`",
        )
    sys.stdout.flush()
    try:
        words = shlex.split(editor)
        done = subprocess.run([*words, *map(str, files)], check=False)  # noqa: S603 - the user's own
    except (OSError, ValueError) as error:
        raise RequestError("editor-failed", f"the editor `{editor}` can't be started") from error
    if done.returncode != 0:
        raise RequestError(
            "editor-failed", f"the editor `{editor}` ended with code {done.returncode}"
        )
