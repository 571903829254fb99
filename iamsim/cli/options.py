"""A small parser of command lines.

A command that must start fast is parsed from its table by `parse_options`, without typer; the
typer app builds the same command from the same table for help and completion. The rules are those
of click: options and arguments may be mixed, `--option=value`, `-pvalue`, `-vq`, and `--` ends the
options. An option that takes one value is an error when it is given twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.cli.grammar import LISTS, Option, Options, OptionValue
from iamsim.cli.habits import LISTS_OF_AWS, hint_about
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

# Values by the name that they had before, or have in AWS's own commands.
FORMER = {
    "table": "text",
    "IDENTITY_POLICY": "identity",
    "RESOURCE_POLICY": "resource",
    "SERVICE_CONTROL_POLICY": "scp",
    "RESOURCE_CONTROL_POLICY": "rcp",
}
PLACES = ("FILE", "FOLDER", "DIRECTORY", "PATH")  # an empty one is a variable that was not set
# What the names of output files end with, where it is not the format.
ENDINGS = {"htm": "html", "md": "markdown", "txt": "text", "xml": "junit"}


def parse_options(
    options: Sequence[Option], arguments: Sequence[str], *, command: str = "explain"
) -> tuple[Options, tuple[str, ...]]:
    """Split the arguments of a command into option values by field, and what is left.

    Raises `RequestError` for an unknown option, a missing value, a value that is not a choice, and
    a second value where one is taken.
    """
    by_name = {name: option for option in options for name in reversed(option.all_names)}
    by_name |= {name: option for option in options for name in option.names}
    values = Options({option.field: option.empty for option in options})
    rest: list[str] = []
    waiting = list(reversed(arguments))
    given: set[str] = set()
    while waiting:
        argument = waiting.pop()
        if argument == "--":
            rest += reversed(waiting)
            break
        if not _is_option(argument):
            rest.append(argument)
            continue
        name = argument.partition("=")[0] if argument.startswith("--") else argument[:2]
        if name not in by_name:
            raise _unknown(name if argument.startswith("--") else argument, by_name, command)
        if argument.startswith("--"):
            _take_long(argument, by_name, values, waiting, given)
        else:
            _take_short(argument, by_name, values, waiting, given, command)
    form = by_name.get("--format")
    short = form is not None and values.get("quiet") and form.default
    if form is not None and "format" not in given and not short:
        values["format"] = _format_of_file(values.get("output"), form)
    return values, tuple(rest)


def _format_of_file(path: OptionValue, form: Option) -> OptionValue:
    """The format that the name of the output file says, if the command has it."""
    ending = path.rpartition(".")[2].lower() if isinstance(path, str) else ""
    named = ENDINGS.get(ending, ending)
    return named if named in form.choices else form.empty


def _is_option(argument: str) -> bool:
    """Whether a word is an option; `-` is a value."""
    return argument.startswith("-") and argument != "-"


def _take_long(
    argument: str,
    by_name: dict[str, Option],
    values: Options,
    waiting: list[str],
    given: set[str],
) -> None:
    name, equals, value = argument.partition("=")
    option = by_name[name]
    if option.kind == "flag":
        if equals:
            raise RequestError("unexpected-value", f"the option `{name}` takes no value")
        values[option.field] = True
        return
    if not equals:
        if not waiting:
            raise _no_value(name, option)
        value = waiting.pop()
    if name == "--output" and option.kind == "text" and _is_format(value, by_name):
        option = by_name["--format"]  # as the AWS CLI says it
    _keep(name, option, value, values, given)
    listed = option.kind == "values" or (option.kind == "list" and name in LISTS_OF_AWS)
    while listed and not equals and waiting and not _is_option(waiting[-1]):
        _keep(name, option, waiting.pop(), values, given)


def _is_format(value: str, by_name: dict[str, Option]) -> bool:
    """Whether the value of `--output` is a format, and no file."""
    known = by_name.get("--format")
    return known is not None and value in known.choices


def _take_short(
    argument: str,
    by_name: dict[str, Option],
    values: Options,
    waiting: list[str],
    given: set[str],
    command: str,
) -> None:
    """Take `-p VALUE`, `-pVALUE`, or several flags in one."""
    for position, letter in enumerate(argument[1:], start=2):
        name = f"-{letter}"
        option = by_name.get(name)
        if option is None:
            raise _unknown(name, by_name, command)
        if option.kind == "flag":
            values[option.field] = True
            continue
        value = argument[position:]
        if not value:
            if not waiting:
                raise _no_value(name, option)
            value = waiting.pop()
        _keep(name, option, value, values, given)
        return


def _keep(name: str, option: Option, value: str, values: Options, given: set[str]) -> None:
    if option.choices and value not in option.choices:
        value = FORMER.get(value, value)
    if option.choices and value not in option.choices:
        raise RequestError(
            "unknown-value",
            f"`{value}` is not a value of `{name}`",
            hint=did_you_mean(value, option.choices) or f"use {', '.join(option.choices)}",
        )
    if not value and option.metavar in PLACES:
        raise _no_value(name, option)
    if option.kind in LISTS:
        before = values[option.field]
        values[option.field] = (*(before if isinstance(before, tuple) else ()), value)
        return
    if option.field in given:
        raise RequestError(
            "repeated-option",
            f"the option `{name}` takes one value, and is given twice: "
            f"`{values[option.field]}` and `{value}`",
            hint="leave one of them out",
        )
    given.add(option.field)
    values[option.field] = value


def _no_value(name: str, option: Option) -> RequestError:
    return RequestError("missing-value", f"the option `{name}` needs a value: {option.metavar}")


def _unknown(name: str, known: dict[str, Option], command: str) -> RequestError:
    names = list(
        dict.fromkeys(
            name for option in known.values() if not option.hidden for name in option.names
        )
    )
    hint = (
        hint_about(name, names)
        or did_you_mean(name, names)
        or f"`iamsim {command} --help` lists the options"
    )
    return RequestError("unknown-option", f"there is no option `{name}`", hint=hint)
