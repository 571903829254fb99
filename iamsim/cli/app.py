"""The typer app: `--help` and completion, built from the tables that the fast path parses.

Commands run without typer (`iamsim.cli.main`); what people read of them, and what their shell
proposes, is made here of the same tables, so that both know the same options.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer  # noqa: TID253 - this module is loaded for help and completion only

from iamsim.cli.completion import proposals
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.grammar import LISTS, Command, Group, Option, Options, OptionValue
from iamsim.cli.help import command_named
from iamsim.cli.panels import ALIASES, PANELS

ABOUT = "Answer whether AWS allows a request, and which policy decides, offline."
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="iamsim",
    help=ABOUT,
    no_args_is_help=True,
    context_settings=HELP_OPTIONS,
    pretty_exceptions_enable=False,
)


@app.callback()
def iamsim(
    # `iamsim.cli.main` answers it; here it is described.
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Answer whether AWS allows a request, and which policy decides, offline."""


def run_app(arguments: list[str]) -> int:
    """Run the app and give its exit code; errors of ours pass through to `main`."""
    command = typer.main.get_command(app)
    result = command.main(arguments, prog_name="iamsim", standalone_mode=False)
    return result if isinstance(result, int) else 0


def values_of(
    given: dict[str, Any], options: Sequence[Option] = EXPLAIN_OPTIONS
) -> tuple[Options, tuple[str, ...]]:
    """Bring what typer parsed into the form of `parse_options`."""
    values = Options()
    for option in options:
        value: OptionValue = given[option.field]
        if option.kind in LISTS:
            value = tuple(value or ())  # type: ignore[arg-type]  # typer gives a list here
        values[option.field] = value
    arguments = given.get("arguments") or ()
    return values, (arguments,) if isinstance(arguments, str) else tuple(arguments)


def _parameter(option: Option, options: tuple[Option, ...]) -> inspect.Parameter:
    """Turn an entry of a table into a parameter that typer understands."""
    kind: Any
    default: str | bool | None
    if option.kind == "flag":
        kind, default = bool, False
    elif option.kind in LISTS:
        kind, default = list[str] | None, None
    else:
        kind, default = str | None, option.default
    info = typer.Option(
        *option.names,
        help=_help_of(option),
        metavar="" if option.kind == "flag" else option.metavar,
        rich_help_panel=option.panel,
        show_default=option.default is not None,
        autocompletion=_completion(option, options),
    )
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _completion(
    option: Option, options: tuple[Option, ...]
) -> Callable[[typer.Context, str], list[str]] | None:
    """Propose values: of a closed list, or what the option's own function finds."""
    if not option.choices and option.completes is None:
        return None

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        return proposals(option, incomplete, values_of(ctx.params, options)[0])

    return complete


def _help_of(option: Option) -> str:
    return f"{option.help} One of: {', '.join(option.choices)}." if option.choices else option.help


def _argument(command: Command) -> list[inspect.Parameter]:
    """Turn the arguments of a command into a parameter; none for a command without."""
    argument = command.argument
    if argument.most == 0:
        return []
    info = typer.Argument(
        help=argument.help,
        metavar=argument.metavar,
        autocompletion=command.completes,
        show_default=False,
    )
    kind: Any = str if argument.most == 1 else list[str]
    required = argument.least > 0
    return [
        inspect.Parameter(
            "arguments",
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if required else None,
            annotation=Annotated[kind if required else kind | None, info],
        )
    ]


def _add(
    target: typer.Typer, command: Command, panel: str | None = None, alias: str | None = None
) -> None:
    """Add a command to the app, there in a panel, or to a group of it; once more by an alias."""

    def run(**given: Any) -> int:  # noqa: ANN401 - the signature below is what typer reads
        return command.run(*values_of(given, command.options))

    run.__doc__ = command.help
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # set for typer
        [
            *_argument(command),
            *(_parameter(option, command.options) for option in command.options),
        ]
    )
    run.__annotations__ = {}
    target.command(
        alias or command.name,
        context_settings=HELP_OPTIONS,
        rich_help_panel=panel,
        hidden=alias is not None,
    )(run)


def _add_all() -> None:
    """Add every command, in the order in which help shows it."""
    panels = {name: panel for panel, commands in PANELS.items() for name in commands}
    for name, panel in panels.items():
        principal = command_named(name)
        if isinstance(principal, Group):
            group = typer.Typer(
                name=name, help=principal.help, no_args_is_help=True, context_settings=HELP_OPTIONS
            )
            for command in principal.commands:
                _add(group, command)
            app.add_typer(group, rich_help_panel=panel)
        else:
            _add(app, principal, panel)
    for alias, words in ALIASES.items():
        principal = command_named(words[0])
        if isinstance(principal, Command):
            _add(app, principal, alias=alias)


_add_all()
