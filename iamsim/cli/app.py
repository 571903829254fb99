"""The typer app: `--help`, completion, and the commands whose start-up time does not matter.

`explain` is built from the same table that the fast path parses, so that both know the same
options.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer  # noqa: TID253 - this module is loaded for help and completion only

from iamsim.cli.explain import run_explain
from iamsim.cli.explain_options import ARGUMENT_HELP, EXPLAIN_HELP, EXPLAIN_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.cli.options import Option, Options, OptionValue

__all__ = ["app", "run_app", "values_of"]

app = typer.Typer(
    name="iamsim",
    help="Answer whether AWS allows a request, and which policy decides, offline.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@app.callback()
def iamsim() -> None:
    """Answer whether AWS allows a request, and which policy decides, offline."""


def run_app(arguments: list[str]) -> int:
    """Run the app and give its exit code; errors of ours pass through to `main`."""
    command = typer.main.get_command(app)
    result = command.main(arguments, prog_name="iamsim", standalone_mode=False)
    return result if isinstance(result, int) else 0


def _parameter(option: Option) -> inspect.Parameter:
    """Turn an entry of the table into a parameter that typer understands."""
    kind: Any
    default: str | bool | None
    if option.kind == "flag":
        kind, default = bool, False
    elif option.kind == "list":
        kind, default = list[str] | None, None
    else:
        kind, default = str | None, option.default
    info = typer.Option(
        *option.names,
        help=_help_of(option),
        metavar="" if option.kind == "flag" else option.metavar,
        rich_help_panel=option.panel,
        show_default=option.default is not None,
        autocompletion=_completion(option),
    )
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _completion(option: Option) -> Callable[[str], list[str]] | None:
    """Complete the values of an option that has a closed list of them."""
    if not option.choices:
        return None
    return lambda incomplete: [text for text in option.choices if text.startswith(incomplete)]


def _help_of(option: Option) -> str:
    return f"{option.help} One of: {', '.join(option.choices)}." if option.choices else option.help


def values_of(given: dict[str, Any]) -> tuple[Options, tuple[str, ...]]:
    """Bring what typer parsed into the form of `parse_options`."""
    values: Options = {}
    for option in EXPLAIN_OPTIONS:
        value: OptionValue = given[option.field]
        if option.kind == "list":
            value = tuple(value or ())  # type: ignore[arg-type]  # typer gives a list here
        values[option.field] = value
    return values, tuple(given.get("scenarios") or ())


def _explain(**given: Any) -> int:  # noqa: ANN401 - the signature below is what typer reads
    return run_explain(*values_of(given))


_explain.__doc__ = EXPLAIN_HELP
_explain.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # set for typer
    [
        inspect.Parameter(
            "scenarios",
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[
                list[str] | None, typer.Argument(help=ARGUMENT_HELP, metavar="SCENARIO")
            ],
        ),
        *(_parameter(option) for option in EXPLAIN_OPTIONS),
    ]
)
_explain.__annotations__ = {}
app.command("explain")(_explain)
