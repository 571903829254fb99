"""What the command line consists of, as data: options, arguments, commands and groups of them.

A command is its options, its arguments and the function behind it; a group is commands under one
name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iamsim.cli.habits import other_names
from iamsim.core.data_class import NamedTuple

OptionValue = str | bool | tuple[str, ...] | None
Arguments = Sequence[str]
LISTS = frozenset({"list", "values"})


class Options(dict[str, OptionValue]):
    """What was given, by the fields of the options."""

    def text(self, field: str) -> str | None:
        """The value of an option that holds one text."""
        value = self.get(field)
        return value if isinstance(value, str) else None

    def texts(self, field: str) -> tuple[str, ...]:
        """The values of an option that may be repeated."""
        value = self.get(field)
        return value if isinstance(value, tuple) else ()


class Option(NamedTuple):
    """One option: its names, what `--help` says of it, and where its value goes.

    `kind` is ``text`` (given once), ``list`` (may be repeated), ``values`` (takes all up
    to the next option, as the AWS CLI reads lists) or ``flag``. `completes` proposes values,
    given what was typed of one and the values of the other options. `also` are names that it had;
    an option that is `hidden` is a former one, which help does not show.
    """

    names: tuple[str, ...]
    help: str
    kind: str = "text"
    metavar: str = "TEXT"
    default: str | None = None
    choices: tuple[str, ...] = ()
    panel: str = "Options"
    completes: Callable[[str, Options], list[str]] | None = None
    also: tuple[str, ...] = ()
    hidden: bool = False
    kept_as: str = ""

    @property
    def field(self) -> str:
        """The key of its value in `Options`: its long name, unless something else is said."""
        return self.kept_as or self.names[-1].lstrip("-").replace("-", "_")

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every name that is understood: those that help shows, former ones, those of others."""
        return (*self.names, *self.also, *other_names(self.field))

    @property
    def empty(self) -> OptionValue:
        """The value when the option is not given."""
        if self.kind == "flag":
            return False
        return () if self.kind in LISTS else self.default


def in_panel(panel: str, *options: Option) -> tuple[Option, ...]:
    """Options under one heading of `--help`."""
    return tuple(option._replace(panel=panel) for option in options)


class Argument(NamedTuple):
    """What stands on the command line besides options: how it is called, and how many of it."""

    metavar: str = ""
    help: str = ""
    least: int = 0
    most: int | None = None


NO_ARGUMENTS = Argument(most=0)


class Command(NamedTuple):
    """A command: `help` starts with one sentence that lists of commands show.

    `run` takes option values by field and the arguments, and gives the exit code. `completes`
    proposes arguments, given what is there of the next.
    """

    name: str
    help: str
    options: tuple[Option, ...]
    run: Callable[[Options, Sequence[str]], int]
    argument: Argument = NO_ARGUMENTS
    completes: Callable[[str], list[str]] | None = None


class Group(NamedTuple):
    """Commands under one name, such as `managed list` and `managed show`.

    `meant` tells by the options which command is meant, where none is named.
    """

    name: str
    help: str
    commands: tuple[Command, ...]
    meant: Callable[[Sequence[str]], str] | None = None


def color_option() -> Option:
    """The option about color, the same everywhere."""
    return Option(
        ("--color",),
        "Use color: auto, always or never.",
        metavar="WHEN",
        default="auto",
        choices=("auto", "always", "never"),
        panel="Output",
    )


def verbose_option(text: str) -> Option:
    """The option that says more than an answer has by itself; `text` begins with "Also"."""
    return Option(("-v", "--verbose"), text, "flag", panel="Output")


def format_option(
    *formats: str, default: str = "text", text: str = "How the answer is written."
) -> Option:
    """The option about the format."""
    return Option(("--format",), text, "text", "FORMAT", default, formats, panel="Output")


OUTPUT_OPTION = Option(
    ("-o", "--output"),
    "Write to a file instead of standard output; its ending says the format, such as `.html`.",
    metavar="FILE",
    panel="Output",
)


def output_options(*formats: str, quiet: str, default: str = "text") -> tuple[Option, ...]:
    """Make the options about output that every command has."""
    return (
        format_option(*formats, default=default),
        Option(("-q", "--quiet"), quiet, "flag", panel="Output"),
        OUTPUT_OPTION,
    )
