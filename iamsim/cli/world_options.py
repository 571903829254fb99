"""The options of commands that ask questions of a whole world, and what they stand for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from iamsim.cli import completion
from iamsim.cli.grammar import Option, Options, color_option, output_options
from iamsim.cli.output import terminal_width, wants_color, write_output
from iamsim.cli.standard_error import say
from iamsim.cli.worlds import missing_world, overlay_option, world_option
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim import api
    from iamsim.api.results import Result
    from iamsim.core.hint import Hint
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch.processes import Processes
    from iamsim.report.document import Document
    from iamsim.report.paint import Paint


class Asking(TypedDict):
    """What all questions over a world take."""

    exact: bool
    at: str | None


# What every answer about a world is written in.
NO_OTHERS: Mapping[str, Callable[[], str]] = MappingProxyType({})
DOCUMENT_FORMATS = ("text", "json", "csv", "markdown", "html")
# And an answer in which there are no rows.
GATES = ("fail_on", "forbid", "fail", "expect")  # options of which a gate says what it lacked
PAGE_FORMATS = ("text", "json", "markdown", "html")

PROCESSES = Option(
    ("-n", "--processes"),
    "Number of processes, worth it for large worlds; `auto`: one a processor.",
    metavar="NUMBER",
    completes=completion.processes,
)

ACTION = Option(
    ("-a", "--action"),
    "Action, or a pattern with `*` and `?`; may be repeated.",
    "list",
    "ACTION",
    completes=completion.actions,
    kept_as="actions",
)
PRINCIPAL = Option(
    ("-p", "--principal"),
    "ARN or name of the principal.",
    metavar="PRINCIPAL",
    completes=completion.principals,
)
RESOURCE = Option(
    ("-r", "--resource"),
    "ARN or name of the resource; `*` for actions without one.",
    metavar="RESOURCE",
    completes=completion.resources,
)

WORLD_OPTIONS: tuple[Option, ...] = (
    world_option(),
    overlay_option(),
    Option(
        ("-c", "--context"),
        "A context key with its value, for every request; repeat the key for several values.",
        "list",
        "KEY=VALUE",
        completes=completion.keys,
    ),
    Option(
        ("--at",),
        "Time of the requests, in ISO 8601; left out, it is not known.",
        metavar="TIME",
    ),
    Option(
        ("--exact",),
        "Context keys that AWS need not send are absent, not unknown.",
        "flag",
    ),
    PROCESSES,
)


def output(*formats: str, quiet: str) -> tuple[Option, ...]:
    """The options about output, color included."""
    return (
        *output_options(*formats, quiet=quiet, default=formats[0]),
        color_option(),
    )


def open_world(options: Options, *, on_demand: bool = False) -> api.World:
    """Load the worlds, to be asked; raises `RequestError` without any. With `on_demand` no more of
    a written world is read and compiled than is asked for, as long as there is one process."""
    from iamsim import api
    from iamsim.cli.ask import load_worlds

    alone = processes_of(options).number == 1  # a wrong number is said before anything is read
    model = load_worlds(options, on_demand=on_demand and alone)
    if model is None:
        raise missing_world()
    world = api.World(model) if model.is_read_on_demand else api.World.checked(model)
    # A large world stays, so the collector of cycles need not look through it again and again.
    gc.freeze()
    return world


def asking(options: Options) -> Asking:
    """What all questions over a world take: `exact` and the time."""
    from iamsim.cli.ask import time_of

    return {"exact": bool(options["exact"]), "at": time_of(options.text("at"))}


def processes_of(options: Options) -> Processes:
    """The processes to ask in, for a `with` block; raises `RequestError` for what is no number."""
    from iamsim.query.batch.processes import Processes

    text = options.get("processes")
    if not isinstance(text, str):
        return Processes()
    if text == "auto":
        import os

        return Processes(os.cpu_count() or 1)
    if not text.isdecimal() or not int(text[:9]) > 0:
        raise RequestError(
            "invalid-number",
            f"`{text}` is no whole number above zero",
            hint="write a number such as 4, or `auto`",
        )
    return Processes(int(text[:9]))


def asked_context(options: Options) -> dict[str, ContextValue]:
    """The context keys that were given."""
    from iamsim.cli.ask import context_of

    return context_of(options.texts("context"))


def paint_for(options: Options) -> Paint:
    """Colors as the options want them."""
    from iamsim.report.paint import Paint

    to_file = options["output"] is not None
    return Paint(wants_color(options.text("color") or "auto", to_file=to_file))


def write(options: Options, makers: dict[str, Callable[[], str]], quiet: Callable[[], str]) -> None:
    """Write the format that was asked for; `quiet` stands in for the first of them."""
    first = next(iter(makers))
    chosen = options.text("format") or first
    text = quiet() if options["quiet"] and chosen == first else makers[chosen]()
    write_output(text, options.text("output"))


def write_result(
    options: Options,
    result: Result,
    others: Mapping[str, Callable[[], str]] = NO_OTHERS,
) -> int:
    """Write a result of the Python interface in the format that was asked for."""
    verbose = bool(options.get("verbose"))
    if _has_no_remarks(options):
        if result.hints:
            say_hints(result.hints)
        if not any(options.get(gate) for gate in GATES):  # a gate says so itself
            say(*(f"note: {text}" for text in result.unsearched))
    say_assumptions(options, result.assumptions)
    say_in_no_unit(options, result)
    return write_answer(
        options,
        lambda: result.document(verbose=verbose),
        result.to_dict,
        result.lines,
        others,
    )


def say_in_no_unit(options: Options, result: Result, *, always: bool = False) -> None:
    """Write to standard error which accounts are in no unit, where the format has no place for it,
    or `always`."""
    if not options.get("quiet") and (always or options["format"] not in PAGE_FORMATS):
        from iamsim.report.assumed import in_no_unit_remarks

        say(*(f"{word}: {text}" for word, text in in_no_unit_remarks(result.in_no_unit)))


def write_answer(
    options: Options,
    document: Callable[[], Document],
    data: Callable[[], object],
    quiet: Callable[[], Iterable[str]],
    others: Mapping[str, Callable[[], str]] = NO_OTHERS,
    hints: Sequence[Hint] | None = None,
) -> int:
    """Write an answer: its document in the format that was asked for, or its data as JSON; gives
    the exit code 0.

    With `--quiet` and text, only the lines of `quiet`. `others` are formats that no document has.
    `hints` are what is wrong with the question: part of the answer, or said on standard error where
    the format has no place for it.
    """
    if hints is not None:
        document, data = _with_hints(options, hints, document, data)
    form = options.text("format")
    other = others.get(form or "")
    text = _written(options, document, data, quiet) if other is None else other()
    write_output(text, options.text("output"), workflow_commands=form == "github")
    return 0


def _with_hints(
    options: Options,
    hints: Sequence[Hint],
    document: Callable[[], Document],
    data: Callable[[], object],
) -> tuple[Callable[[], Document], Callable[[], object]]:
    """The document and the data with hints, which go to standard error where neither shows them."""
    from iamsim.report.hints import hint_to_dict, hint_warning

    warnings = tuple(hint_warning(hint) for hint in hints)
    if _has_no_remarks(options):
        say_hints(hints)

    def with_warnings() -> Document:
        plain = document()
        return replace(plain, warnings=(*warnings, *plain.warnings))

    def with_data() -> object:
        plain = data()
        if isinstance(plain, dict):
            return {**plain, "hints": [hint_to_dict(hint) for hint in hints]}
        say_hints(hints)
        return plain

    return with_warnings, with_data


def _has_no_remarks(options: Options) -> bool:
    """Whether the format has no place for remarks."""
    return options["format"] == "csv" or bool(options["quiet"] and options["format"] == "text")


def say_assumptions(options: Options, assumptions: Iterable[str]) -> None:
    """Write to standard error on what a proof rests, where the format has no place for it."""
    if options["format"] == "csv":
        say(*(f"note: assumed: {text}" for text in assumptions))


def say_hints(hints: Sequence[Hint]) -> None:
    """Write hints to standard error."""
    from iamsim.report.hints import hint_text

    say(*(f"hint: {hint_text(hint)}" for hint in hints))


def _written(
    options: Options,
    document: Callable[[], Document],
    data: Callable[[], object],
    quiet: Callable[[], Iterable[str]],
) -> str:
    match options["format"]:
        case "json":
            return to_json(data())
        case "csv":
            from iamsim.report.writers.csv_table import to_csv

            return to_csv(document())
        case "markdown":
            from iamsim.report.writers.markdown import to_markdown

            return to_markdown(document())
        case "html":
            from iamsim.report.writers.html import to_html

            return to_html(document())
        case _ if options["quiet"]:
            from iamsim.report.cleaning import for_terminal

            return "".join(f"{for_terminal(line)}\n" for line in quiet())
        case _:
            from iamsim.report.writers.text import to_text

            return to_text(document(), paint_for(options), terminal_width())
