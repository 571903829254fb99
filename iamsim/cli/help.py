"""`--help` of every command, from the tables that the parser reads."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from iamsim.cli.commands import find_command
from iamsim.cli.examples import EXAMPLES
from iamsim.cli.grammar import LISTS, Command, Group, Option
from iamsim.cli.panels import ALIASES, PANELS

COLUMN = 30
WIDEST = 100
GAP = 2


def overview() -> str:
    """What `iamsim --help` says."""
    lines = [
        "Usage: iamsim COMMAND [OPTION ...] [ARGUMENT ...]",
        "",
        "Answer whether AWS allows a request, and which policy decides, offline.",
        "",
        "Examples",
        *(f"  {line}" for line in EXAMPLES[""]),
    ]
    for panel, commands in PANELS.items():
        lines += ["", panel]
        for name, text in commands.items():
            lines += _entry(name, text)
    lines += [
        "",
        "Options",
        *_entry("-h, --help", "Show this, or the help of a command: `iamsim help COMMAND`."),
        *_entry("--version", "Show the version."),
        *_entry("--install-completion", "Let the shell complete commands, options and values."),
        *_entry("--show-completion", "Show what that would install."),
    ]
    return "\n".join(lines) + "\n"


def help_of(words: Sequence[str]) -> str:
    """What `--help` of a command, a group, or a command of a group says."""
    group = command_named(words[0])
    if isinstance(group, Group):
        inner = {command.name: command for command in group.commands}
        if len(words) > 1 and words[1] in inner:
            return _of_command(f"{words[0]} {words[1]}", inner[words[1]])
        return _of_group(words[0], group)
    return _of_command(words[0], group)


def command_named(name: str) -> Command | Group:
    """The command or group of a name."""
    if name == "explain":
        from iamsim.cli.explain import COMMAND

        return COMMAND
    return find_command(name)


def usage(path: str, command: Command) -> str:
    """How a command is written."""
    parts = ["iamsim", path]
    if command.options:
        parts.append("[OPTION ...]")
    argument = argument_text(command)
    return " ".join([*parts, argument] if argument else parts)


def argument_text(command: Command) -> str:
    """The arguments of a command, in brackets where none is needed."""
    argument = command.argument
    if argument.most == 0:
        return ""
    several = argument.most is None and not argument.metavar.endswith("...")
    text = (
        f"{argument.metavar} ..." if several and " " not in argument.metavar else argument.metavar
    )
    return text if argument.least else f"[{text}]"


def _of_group(name: str, group: Group) -> str:
    lines = [f"Usage: iamsim {name} COMMAND [OPTION ...]", "", *_paragraphs(group.help)]
    lines += ["", "Commands"]
    for command in group.commands:
        lines += _entry(command.name, command.help.partition("\n\n")[0])
    lines += ["", f"`iamsim {name} COMMAND --help` says more of each.", *_examples(name)]
    return "\n".join(lines) + "\n"


def _of_command(path: str, command: Command) -> str:
    lines = [f"Usage: {usage(path, command)}", "", *_paragraphs(command.help)]
    others = [alias for alias, words in ALIASES.items() if words[0] == path]
    if others:
        lines += ["", f"Other names: {', '.join(others)}."]
    lines += _examples(path)
    if command.argument.help:
        lines += ["", "Arguments", *_entry(command.argument.metavar, command.argument.help)]
    for panel in panels_of(command.options):
        lines += ["", panel]
        for option in command.options:
            if option.panel == panel and not option.hidden:
                lines += _entry(_names(option), _text(option))
    return "\n".join(lines) + "\n"


def _examples(path: str) -> list[str]:
    examples = EXAMPLES.get(path, ())
    return ["", "Examples", *(f"  {line}" for line in examples)] if examples else []


def panels_of(options: Sequence[Option]) -> list[str]:
    """The headings, that of output last."""
    panels = list(dict.fromkeys(option.panel for option in options))
    return sorted(panels, key=lambda panel: panel == "Output")


def _names(option: Option) -> str:
    short = [name for name in option.names if not name.startswith("--")]
    long = [name for name in option.names if name.startswith("--")]
    value = "" if option.kind == "flag" else f" {option.metavar}"
    return f"{', '.join([*short, *long])}{value}"


def _text(option: Option) -> str:
    text = option.help
    if option.choices:
        text += f" One of: {', '.join(option.choices)}."
    if option.default is not None:
        text += f" Default: {option.default}."
    if option.kind in LISTS and "repeat" not in text and "several" not in text.lower():
        text += " May be repeated."
    return text


def _width() -> int:
    return min(shutil.get_terminal_size((WIDEST, 0)).columns, WIDEST)


def _entry(name: str, text: str) -> Iterator[str]:
    """A name with a text beside it, or below where the name is long."""
    width = max(_width() - COLUMN, COLUMN)
    first, *rest = textwrap.wrap(text, width) or [""]
    if len(name) + GAP + GAP > COLUMN:
        yield f"  {name}"
        rest = [first, *rest]
    else:
        yield f"  {name:<{COLUMN - GAP}}{first}".rstrip()
    for line in rest:
        yield f"{'':<{COLUMN}}{line}"


def _paragraphs(text: str) -> list[str]:
    lines: list[str] = []
    for number, paragraph in enumerate(text.split("\n\n")):
        lines += ([""] if number else []) + textwrap.wrap(paragraph, _width())
    return lines
