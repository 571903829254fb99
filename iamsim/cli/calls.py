"""`iamsim calls`: what an API call asks of IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.world_options import DOCUMENT_FORMATS, output, write_answer
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.calls.model import Reading

_NAMES = 2  # a service and an operation


def _run(options: Options, arguments: Arguments) -> int:
    """Read the call, and write what it asks."""
    reading = _reading(options, arguments)

    def quiet() -> list[str]:
        return [f"{requested.action} {requested.resource}" for requested in reading.asked]

    from iamsim.report.calls import call_document

    write_answer(options, lambda: call_document(reading), reading.to_dict, quiet)
    return 0


def _reading(options: Options, arguments: Arguments) -> Reading:
    from iamsim.calls.lines import read_call, read_line

    place = {"region": options.text("region"), "account": options.text("account")}
    parameters = options["parameters"]
    if len(arguments) == 1 and parameters is None:
        return read_line(arguments[0], **place)
    if len(arguments) != _NAMES:
        raise RequestError(
            "unexpected-argument",
            "`iamsim calls` takes one line, or a service and an operation",
            hint="quote a line that has blanks in it: `iamsim calls 'aws s3 ls'`",
        )
    return read_call(
        arguments[0],
        arguments[1],
        _parameters(parameters if isinstance(parameters, str) else "{}"),
        **place,
    )


def _parameters(text: str) -> dict[str, object]:
    """The parameters as an object of JSON; raises `RequestError` for anything else."""
    import json

    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("invalid-json", f"`--parameters` is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise RequestError("invalid-json", "`--parameters` must be an object of JSON")
    return given


COMMAND = Command(
    "calls",
    "Say what an API call asks of IAM: actions, resources and context keys.\n\n"
    "A call is a command of the AWS CLI as typed, a line of boto3, or a service and an operation"
    " with its parameters. Nothing is called. What the call does not tell is a pattern, and named.",
    (
        Option(
            ("--parameters",),
            "Parameters of the operation, as boto3 takes them.",
            metavar="JSON",
        ),
        Option(
            ("--region",),
            "Region of the call, where the line does not name it.",
            metavar="REGION",
        ),
        Option(("--account",), "Account of the caller.", metavar="ACCOUNT"),
        *output(*DOCUMENT_FORMATS, quiet="Only actions and resources."),
    ),
    _run,
    Argument(
        "LINE | SERVICE OPERATION",
        "A command of the AWS CLI or a line of boto3, in quotes; or a service and an operation.",
        least=1,
        most=_NAMES,
    ),
)
