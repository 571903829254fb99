"""Completion for bash, which cuts words at colons and equals signs.

`s3:Get` reaches a completion as three words, and only the last of them is replaced. So words are
put together before they are completed, and what bash will keep is taken off the proposals.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import NamedTuple

from iamsim.cli.completion_values import spread_values

_BREAKS = frozenset(":=")


class JoinedWords(NamedTuple):
    """The words up to the cursor, and the part of the last one that bash keeps."""

    words: list[str]
    kept: str


def joined_words(words: Sequence[str], cursor: int) -> JoinedWords:
    """Put words together that bash cut; `cursor` is the number of the word with the cursor."""
    joined: list[str] = []
    glue = False
    for word in [*words[: cursor + 1], *([""] if cursor >= len(words) else [])]:
        cut = bool(word) and set(word) <= _BREAKS
        if joined and (cut or glue):
            joined[-1] += word
        else:
            joined.append(word)
        glue = cut
    last = joined[-1] if joined else ""
    end = max(last.rfind(sign) for sign in _BREAKS) + 1
    return JoinedWords(joined, last[:end])


def complete_for_bash(run: Callable[[list[str]], int]) -> int:
    """Answer bash, by `run`, which reads the words from the environment as typer does."""
    try:
        words = shlex.split(os.environ.get("COMP_WORDS", ""))
        cursor = int(os.environ.get("COMP_CWORD", ""))
    except ValueError:  # an open quotation mark: nothing to propose
        return 0
    joined = joined_words(words, cursor)
    spread = spread_values(joined.words)
    os.environ["COMP_WORDS"] = shlex.join(spread)
    os.environ["COMP_CWORD"] = str(len(spread) - 1)
    proposed = io.StringIO()
    try:
        with redirect_stdout(proposed):
            run([])
    except SystemExit:  # typer ends a completion so
        pass
    for line in proposed.getvalue().splitlines():
        sys.stdout.write(f"{line.removeprefix(joined.kept)}\n")
    return 0
