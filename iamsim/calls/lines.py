"""Lines that people type: commands of the AWS CLI, lines of boto3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamsim.calls.arns import Place
from iamsim.calls.command_line import calls_of_command, is_aws, split
from iamsim.calls.mapping import read
from iamsim.calls.merging import merged
from iamsim.calls.model import Call, Reading, Requested
from iamsim.calls.names import service_of
from iamsim.calls.s3_commands import reading_of, s3_steps, transfer_steps
from iamsim.calls.shell import OPEN, Command, commands_of
from iamsim.core.arn import is_account_id
from iamsim.core.errors import RequestError

CLI = re.compile(r"(?:^|[\s;&|(/])aws(?:\.exe|2|local)?\s")
LONGEST = 1_000_000
WRAPPERS = frozenset({"xargs", "timeout", "nohup", "watch", "nice", "then", "do", "if", "while"})


def read_line(text: str, *, region: str | None = None, account: str | None = None) -> Reading:
    """Say what a command of the AWS CLI, or a line of boto3, asks of IAM.

    A Region in the line wins over `region`. What the line does not tell is a pattern with
    ``resource`` in `unknown`. Raises `RequestError` for a line that is neither, and for services,
    operations and options that do not exist.
    """
    check_account(account)
    if len(text) > LONGEST:
        raise RequestError("unreadable-line", f"the line has more than {LONGEST:,} characters")
    stripped = text.strip()
    if not stripped:
        raise RequestError("unreadable-line", "the line is empty")
    if CLI.search(f" {stripped} ") and not _is_python(stripped):
        commands = [_unwrapped(command) for command in commands_of(stripped) if command.words]
        found = [command for command in commands if is_aws(command.words[0])]
        if found:
            reading = merged(_command(command, region, account) for command in found)
            for other in commands:
                if not is_aws(other.words[0]):
                    reading.notes.append(f"`{other.words[0]}` is no command of the AWS CLI")
            return reading
    return _python(text, region, account)


def _unwrapped(command: Command) -> Command:
    """Take a command of the AWS CLI out of what runs it: `xargs aws ...`, `timeout 9 aws ...`."""
    start = next((place for place, word in enumerate(command.words) if is_aws(word)), 0)
    if not start or command.words[0] not in WRAPPERS:
        return command
    words = command.words[start:]
    if command.words[0] != "xargs":
        return command._replace(words=words)
    return command._replace(words=[*words, OPEN], filled=[*command.filled, "xargs"])


def _is_python(text: str) -> bool:
    return "boto3" in text and "(" in text


def check_account(account: str | None) -> None:
    """Refuse what is no account id; raises `RequestError`."""
    if account is not None and not is_account_id(account):
        raise RequestError(
            "invalid-account-id",
            f"`{account}` is not the id of an account",
            hint="write its twelve digits",
        )


def _command(command: Command, region: str | None, account: str | None) -> Reading:
    words = [word for word in command.words[1:] if not word.startswith("-")]
    if "s3" in words[:3]:
        line = split(command, region, account)
        if line.service == "s3":
            steps, skipped, notes = s3_steps(line)
            if skipped is not None:
                return Reading(skipped=skipped, notes=[*line.notes, *notes])
            return reading_of(steps, [*line.notes, *notes], line.region, account)
    calls, skipped, notes = calls_of_command(command, region, account)
    if skipped is not None:
        return Reading(skipped=skipped, notes=notes)
    return merged(_read(call) for call in calls)


def _read(call: Call) -> Reading:
    if call.service == "rds-db":
        return _database(call)
    return read(call)


def _database(call: Call) -> Reading:
    """A token of RDS asks rds-db:connect of whoever connects with it.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
    """
    place = Place("aws", call.region, call.account)
    user = call.parameters["DbUserName"]
    arn = f"arn:aws:rds-db:{place.region or '*'}:{place.account or '*'}:dbuser:*/{user}"
    requested = Requested(
        "rds-db:connect", arn, {}, ["resource"], because="connects with the token"
    )
    return Reading([requested], None, list(call.notes), "rds-db", "connect")


def _python(text: str, region: str | None, account: str | None) -> Reading:
    from iamsim.calls.boto3_line import python_calls

    calls, notes = python_calls(text)
    if not calls:
        raise RequestError(
            "unreadable-line",
            "the line makes no call of AWS",
            hint='write `aws SERVICE OPERATION ...`, or `boto3.client("SERVICE").operation(...)`',
        )
    readings = [
        _operation(call.service, call.method, call.parameters, call.region or region, account)
        for call in calls
    ]
    reading = merged(readings)
    reading.notes = [*notes, *(note for note in reading.notes if note not in notes)]
    return reading


def read_call(
    service: str,
    operation: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    region: str | None = None,
    account: str | None = None,
) -> Reading:
    """Say what an API call asks of IAM.

    Names are those of botocore, boto3 or the AWS CLI, in any spelling; `operation` may be a
    transfer method of boto3 (`upload_file`), `parameters` are as boto3 takes them. Raises
    `RequestError` for names that do not exist.
    """
    check_account(account)
    return _operation(service_of(service), operation, dict(parameters or {}), region, account)


def _operation(
    service: str,
    operation: str,
    parameters: dict[str, Any],
    region: str | None,
    account: str | None,
) -> Reading:
    flat = operation.replace("_", "").replace("-", "").lower()
    if service == "s3":
        made = transfer_steps(flat, parameters)
        if made is not None:
            return reading_of(*made, region, account)
    if flat == "generatepresignedurl":
        method = str(parameters.get("ClientMethod", ""))
        inner = parameters.get("Params")
        reading = _operation(
            service, method, dict(inner) if isinstance(inner, dict) else {}, region, account
        )
        reading.notes.append(
            "this calls nothing: whoever uses the URL asks this in the name of who signed it"
        )
        return reading
    return read(Call(service, operation, parameters, region, account))
