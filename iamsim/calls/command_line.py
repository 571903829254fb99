"""A command of the AWS CLI, as typed: which calls it makes.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-commandstructure.html
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamsim.calls.command import CommandLine
from iamsim.calls.custom_commands import custom_calls
from iamsim.calls.data import Operation, Service, find_service, plain, table
from iamsim.calls.model import Call
from iamsim.calls.names import close_operation, service_of
from iamsim.calls.shorthand import UNREAD, value_of
from iamsim.core.errors import RequestError
from iamsim.core.suggest import nearest

if TYPE_CHECKING:
    from iamsim.calls.shell import Command

FLAGS = frozenset(
    {
        "--debug",
        "--no-verify-ssl",
        "--no-paginate",
        "--no-sign-request",
        "--no-cli-pager",
        "--cli-auto-prompt",
        "--no-cli-auto-prompt",
        "--version",
    }
)
WITH_VALUE = frozenset(
    {
        "--region",
        "--profile",
        "--output",
        "--query",
        "--endpoint-url",
        "--color",
        "--ca-bundle",
        "--cli-read-timeout",
        "--cli-connect-timeout",
        "--cli-binary-format",
        "--cli-error-format",
        "--cli-input-json",
        "--cli-input-yaml",
        "--starting-token",
        "--page-size",
        "--max-items",
    }
)
SKELETON = "--generate-cli-skeleton"
# Operations whose answer is written to a file that stands on the line without an option.
OUTPUT_FILES = frozenset(
    {
        "GetObject",
        "GetObjectTorrent",
        "Invoke",
        "InvokeModel",
        "InvokeEndpoint",
        "GetJobOutput",
        "SynthesizeSpeech",
        "GetSnapshotBlock",
        "GetExport",
        "GetSdk",
        "ExportApi",
        "GetPackageVersionAsset",
        "GetMedia",
        "GetThingShadow",
        "UpdateThingShadow",
        "DeleteThingShadow",
        "GetClip",
        "GetProfile",
        "RestoreAnalysis",
        "SelectObjectContent",
        "GetLayerVersionContent",
        "GetApplicationOutput",
        "GetRawMessageContent",
        "GetMediaForFragmentList",
    }
)
# Members that the CLI's own options hide; it puts a word in front: `--kubernetes-version`.
TAILS = ("version", "output", "endpoint", "query", "region", "type", "text")
CLOSE = 0.8  # how alike a misspelling is
# The CLI's own names of members: https://github.com/aws/aws-cli (customizations/argrename.py).
RENAMED = {
    ("eks", "kubernetesversion"): "version",
    ("lambda", "functionversion"): "FunctionVersion",
    ("ec2", "noreboot"): "NoReboot",
    ("swf", "activityversion"): "version",
    ("swf", "workflowversion"): "version",
    ("codepipeline", "pipelineversion"): "pipelineVersion",
    ("emr", "clusterid"): "JobFlowId",
    ("emr", "clusterids"): "JobFlowIds",
}
# Options that the CLI adds to an operation, and what they set (customizations/ec2, iam).
ADDED = {
    ("ec2", "RunInstances"): {
        "count": "MaxCount",
        "associatepublicipaddress": "",
        "noassociatepublicipaddress": "",
        "secondaryprivateipaddresses": "",
        "secondaryprivateipaddresscount": "",
    },
    ("ec2", "*"): {"protocol": "", "port": "", "cidr": "", "sourcegroup": "", "groupowner": ""},
    ("lambda", "*"): {"zipfile": ""},
    ("iam", "CreateVirtualMFADevice"): {"outfile": "", "bootstrapmethod": ""},
    ("cloudwatch", "PutMetricData"): {
        "metricname": "",
        "timestamp": "",
        "unit": "",
        "value": "",
        "dimensions": "",
        "statisticvalues": "",
        "storageresolution": "",
    },
    ("cloudfront", "*"): {"paths": "", "origindomainname": "", "defaultrootobject": ""},
}


def is_aws(word: str) -> bool:
    """Whether a word starts the AWS CLI."""
    name = word.replace("\\", "/").rpartition("/")[2]
    return name in ("aws", "aws.exe", "aws2", "awslocal")


def split(command: Command, region: str | None, account: str | None) -> CommandLine:
    """Take a command apart: global options may stand anywhere."""
    line = CommandLine(region=region, account=account)
    environment = command.environment
    named = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    line.region = named or region
    line.profile = environment.get("AWS_PROFILE")
    for filled in dict.fromkeys(command.filled):
        line.notes.append(f"the value of `{filled}` is not known")
    waiting = list(reversed(command.words[1:]))
    front: list[str] = []
    while waiting:
        word = waiting.pop()
        name, equals, value = word.partition("=")
        if name in FLAGS and not equals:
            line.unsigned |= name == "--no-sign-request"
        elif name == SKELETON:
            line.skipped = "the command prints a skeleton of its input, and calls nothing"
            if waiting and not waiting[-1].startswith("-"):
                waiting.pop()
        elif name in WITH_VALUE:
            if not equals:
                if not waiting:
                    raise RequestError("missing-value", f"the option `{name}` needs a value")
                value = waiting.pop()
            _global(line, name, value)
        elif len(front) < 2 and not word.startswith("-"):  # noqa: PLR2004 - service, operation
            front.append(word)
        else:
            line.words.append(word)
    line.service = front[0] if front else ""
    line.operation = front[1] if len(front) > 1 else ""
    if line.unsigned:
        line.notes.append("the call is not signed: its principal is `anonymous`")
    return line


def _global(line: CommandLine, name: str, value: str) -> None:
    if name == "--region":
        line.region = value
    elif name == "--profile":
        line.profile = value
    elif name == "--cli-input-json":
        if value.startswith(UNREAD):
            line.notes.append(f"what `{value}` holds is not read: its parameters are not known")
            return
        try:
            given = json.loads(value)
        except ValueError as error:
            raise RequestError(
                "invalid-json", f"the value of `{name}` is no JSON: {error}"
            ) from error
        if isinstance(given, dict):
            line.json_input = given
    elif name == "--cli-input-yaml":
        line.notes.append(
            "the value of `--cli-input-yaml` is not read: its parameters are not known"
        )


def calls_of_command(
    command: Command, region: str | None, account: str | None
) -> tuple[list[Call], str | None, list[str]]:
    """Say which calls a command makes; else why it makes none. Notes come last.

    Raises `RequestError` for a service, an operation or an option that does not exist.
    """
    line = split(command, region, account)
    if not line.service:
        return [], "the command names no service: it calls nothing", line.notes
    custom = custom_calls(line)
    if custom is not None:
        calls, skipped = custom
        return calls, skipped, line.notes
    service = find_service(service_of(line.service))
    if service is None or line.operation in ("", "help"):
        return [], "the command names no operation: it calls nothing", line.notes
    if line.operation == "wait":
        operation = _waiter(service, line)
    else:
        operation = service.operation(line.operation)
    if operation is None:
        raise RequestError(
            "unknown-operation",
            f"`aws {line.service}` has no command `{line.operation}`",
            hint=close_operation(service, line.operation),
        )
    parameters = parameters_of(service, operation, line)
    if line.skipped:
        return [], line.skipped, line.notes
    call = Call(service.name, operation.name, parameters, line.region, line.account, line.notes)
    return [call], None, []


def _waiter(service: Service, line: CommandLine) -> Operation | None:
    """A waiter calls one operation until its answer is as wanted."""
    name = next((word for word in line.words if not word.startswith("-")), "")
    if name:
        line.words.remove(name)
    waiter = waiter_operation(service.name, name)
    return None if waiter is None else service.operation(waiter)


def waiter_operation(service: str, waiter: str) -> str | None:
    """The operation that a waiter calls."""
    pack = table()
    for text in pack.text(" waiters").split("\n"):
        name, *pairs = text.split(" ")
        if name == service:
            for pair in pairs:
                known, _, operation = pair.partition("=")
                if plain(known) == plain(waiter):
                    return operation
    return None


def parameters_of(  # noqa: C901, PLR0912 - one case for each form of an option
    service: Service, operation: Operation, line: CommandLine
) -> dict[str, Any]:
    """Read the options of an operation; raises `RequestError` for one that it does not have."""
    members = service.members(operation.shape)
    by_plain = {plain(name): name for name in members}
    added = {
        **ADDED.get((service.name, "*"), {}),
        **ADDED.get((service.name, operation.name), {}),
    }
    parameters: dict[str, Any] = dict(line.json_input)
    position = 0
    free: list[str] = []
    while position < len(line.words):
        word = line.words[position]
        position += 1
        if not word.startswith("--"):
            free.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        member, flag = _member(service, by_plain, added, name)
        if member is None:
            line.notes.append(_unknown(name, service, operation, by_plain))
            while position < len(line.words) and not line.words[position].startswith("--"):
                position += 1
            continue
        kind = members[member].kind if member in members else "s"
        words = [value] if equals else []
        if not equals and kind != "b":
            many = (kind.isdigit() and service.kind(int(kind)) in "LMS") or member not in members
            while position < len(line.words) and not line.words[position].startswith("--"):
                words.append(line.words[position])
                position += 1
                if not many:
                    break
            if not words and member in members:
                raise RequestError("missing-value", f"the option `--{name}` needs a value")
        elif (
            kind == "b" and position < len(line.words) and line.words[position] in ("true", "false")
        ):
            position += 1
        if member not in members:
            if member:
                parameters[member] = words[0] if words else True
            continue
        if words and words[0].startswith(UNREAD):
            _note_unread(line, words[0], member, kind)
            if kind not in ("s", "x"):
                continue
        parameters[member] = flag if kind == "b" else value_of(service, kind, words, f"--{name}")
    if free and not (len(free) == 1 and operation.name in OUTPUT_FILES):
        raise RequestError(
            "unexpected-argument",
            f"`aws {line.service} {line.operation}` does not take `{free[0]}`",
            hint="options start with `--`",
        )
    return parameters


def _note_unread(line: CommandLine, word: str, member: str, kind: str) -> None:
    if kind != "x":
        line.notes.append(f"what `{word}` holds is not read: `{member}` is not known")


def _member(
    service: Service, by_plain: dict[str, str], added: dict[str, str], name: str
) -> tuple[str | None, bool]:
    """Find the member that an option sets; a flag may have ``no-`` in front."""
    flat = plain(name)
    if flat in by_plain:
        return by_plain[flat], True
    renamed = RENAMED.get((service.name, flat))
    if renamed is not None and plain(renamed) in by_plain:
        return by_plain[plain(renamed)], True
    if flat.startswith("no") and flat[2:] in by_plain:
        return by_plain[flat[2:]], False
    if flat in added:
        return added[flat], True
    if flat.endswith("s") and flat[:-1] in by_plain:
        return by_plain[flat[:-1]], True
    for member in TAILS:
        if flat.endswith(member) and member in by_plain:
            return by_plain[member], True
    return None, True


def _unknown(name: str, service: Service, operation: Operation, by_plain: dict[str, str]) -> str:
    """Say that an option sets no member of the input; the CLI has some of its own.

    Raises `RequestError` where it is the misspelling of one that does.
    """
    close = nearest(plain(name), by_plain, CLOSE)
    if close:
        raise RequestError(
            "unknown-option",
            f"`{service.name} {operation.name}` has no option `--{name}`",
            hint=f"did you mean the option for `{by_plain[close]}`?",
        )
    return f"what `--{name}` sets is not known: `{operation.name}` has no parameter of this name"
