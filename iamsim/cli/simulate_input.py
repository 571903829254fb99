"""`--cli-input-json`: a whole request of the API, and `--output` as the AWS CLI means it.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-skeleton.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Options
from iamsim.cli.shorthand import file_text
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from iamsim.cli.grammar import Option, OptionValue


# https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
_FORMATS = frozenset({"text", "table", "yaml", "yaml-stream"})
_HINT = 'give an object such as {"ActionNames": ["s3:GetObject"]}, or file://PATH'


def with_input(options: Options, table: Sequence[Option]) -> Options:
    """Fill options that were not given from the request in `--cli-input-json`.

    Its members have the names of the API; `table` are the options of the command. Raises
    `RequestError` for what is no such request.
    """
    text = options["input_json"]
    if not isinstance(text, str):
        return options
    try:
        request = json.loads(file_text(text))
    except (ValueError, RecursionError) as error:
        raise RequestError("invalid-request", "the request is not JSON", hint=_HINT) from error
    if not isinstance(request, dict):
        raise RequestError("invalid-request", "the request is no object", hint=_HINT)
    by_member = {_member(option): option for option in table if option.field != "input_json"}
    filled = Options(options)
    for member, value in request.items():
        if member not in by_member:
            hint = did_you_mean(member, by_member) or f"its members are {', '.join(by_member)}"
            raise RequestError("invalid-request", f"a request has no `{member}`", hint=hint)
        option = by_member[member]
        if options[option.field] == option.empty:
            filled[option.field] = _value(option, member, value)
    return filled


def _member(option: Option) -> str:
    """The name of an option in the API: `PolicyInputList` for `--policy-input-list`."""
    return "".join(word.title() for word in option.names[-1].strip("-").split("-"))


def _value(option: Option, member: str, value: object) -> OptionValue:
    """A value as the command line would give it: structures are written as JSON."""
    if option.kind == "values" and isinstance(value, list):
        return tuple(entry if isinstance(entry, str) else json.dumps(entry) for entry in value)
    if option.kind == "text" and isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    right = "a list" if option.kind == "values" else "a text or a number"
    raise RequestError("invalid-request", f"`{member}` of the request must be {right}", hint=_HINT)


def output_file(options: Mapping[str, OptionValue]) -> str | None:
    """The file to write to; `--output json` names the AWS CLI's format, which is the only one.

    Raises `RequestError` for its other formats.
    """
    output = options["output"]
    if output in _FORMATS:
        raise RequestError(
            "unknown-value",
            f"the answer is JSON, not `{output}`",
            hint=f"`--output ./{output}` writes it to a file of this name",
        )
    return output if isinstance(output, str) and output != "json" else None
