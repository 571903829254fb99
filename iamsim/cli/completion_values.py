"""Completion of options that take several values, as the AWS CLI writes them.

Typer knows no such options: behind `--action-names s3:GetObject` it takes the next word for an
argument. So the name of the option is put in front of each further value before typer completes.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from iamsim.cli.commands import MODULES, find_command
from iamsim.cli.grammar import Group, Option

_TYPED = "_TYPER_COMPLETE_ARGS"  # how typer hands on what was typed in zsh and fish


def spread_values(words: Sequence[str]) -> list[str]:
    """Repeat the name of an option in front of each of its values; `words` start with `iamsim`,
    and the last one is being typed."""
    takes_several = {
        name for option in _options(words) if option.kind == "values" for name in option.names
    }
    spread: list[str] = []
    current: str | None = None
    for word in words:
        if word.startswith("-"):
            current = word if word in takes_several else None
        elif current is not None and spread[-1] != current:
            spread.append(current)
        spread.append(word)
    return spread


def _options(words: Sequence[str]) -> tuple[Option, ...]:
    """The options of the command that words begin with; none where there is no such command."""
    name, *rest = (*words[1:], "")
    if name not in MODULES:
        return ()
    command = find_command(name)
    if not isinstance(command, Group):
        return command.options
    return next(
        (
            other_command.options
            for other_command in command.commands
            if other_command.name == rest[0]
        ),
        (),
    )


def spread_typed_words() -> None:
    """Do the same in the environment, for zsh and fish; an open quotation mark stays as it is."""
    typed = os.environ.get(_TYPED, "")
    try:
        words = shlex.split(typed)
    except ValueError:
        return
    if typed.endswith(" "):
        words.append("")
    *before, last = spread_values(words) or [""]
    os.environ[_TYPED] = f"{shlex.join(before)} {shlex.quote(last) if last else ''}"
