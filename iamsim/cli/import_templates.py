"""Options of `iamsim import` for templates and plans: what they need to be told from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Option, Options, in_panel
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.api.inputs import SourceArguments

_PANEL = "Templates and plans"
TEMPLATE_OPTIONS = in_panel(
    _PANEL,
    Option(
        ("--region",),
        "The region of templates and plans that do not say theirs.",
        metavar="REGION",
    ),
    Option(
        ("--parameter",),
        "The value of a template's parameter.",
        "list",
        metavar="NAME=VALUE",
        kept_as="parameters",
    ),
    Option(
        ("--export",),
        "The value of an export of another stack, which no template here has.",
        "list",
        metavar="NAME=VALUE",
        kept_as="exports",
    ),
    Option(
        ("--stack-name",),
        "The name of the stack; by default the name of the template's file.",
        metavar="NAME",
        kept_as="stack",
    ),
    Option(
        ("--before",),
        "Of a Terraform plan, import what is there before it.",
        "flag",
    ),
)


def template_arguments(options: Options) -> SourceArguments:
    """What the options say; raises `RequestError` for a pair that is none."""
    return {
        "account": options.text("account"),
        "region": options.text("region"),
        "parameters": _pairs(options["parameters"], "--parameter"),
        "exports": _pairs(options["exports"], "--export"),
        "stack": options.text("stack"),
    }


def _pairs(given: object, name: str) -> dict[str, str]:
    from iamsim.core.caret import quote

    pairs: dict[str, str] = {}
    for pair in given if isinstance(given, tuple) else ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise RequestError(
                "missing-equals-sign",
                f"{quote(pair)} is not of the form NAME=VALUE",
                hint=f"write `{name} Env=prod`",
            )
        pairs[key] = value
    return pairs
