"""Makes calls that read, and keeps their outputs as files, as the AWS CLI prints them."""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

from iamsim.core.errors import RequestError
from iamsim.files.reading import read_text
from iamsim.files.writing import make_folder, write_folder, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.catalog.resource_types import Call

# How the names of operations begin that change nothing; a report is made, and nothing else.
READS = (
    "Describe",
    "Get",
    "List",
    "GenerateCredentialReport",
    "GenerateServiceLastAccessedDetails",
    "BatchGet",
)
CLIENTS = {"s3api": "s3", "configservice": "config"}  # that boto3 calls otherwise than the CLI
NOTHING_THERE = (
    "AWSOrganizationsNotInUse",
    "NoSuch",
    "NotFound",
    "ResourceNotFound",
    "does not exist",
)
# What is kept of a policy where the output has nothing in it: importers take it for AWS's error.
EMPTY = "An error occurred (NotFound): the output is empty"
HOME = "us-east-1"  # where services without Regions are asked if the session has none
# What an output may hold that is secret, or of no use: never on a disk.
LEFT_OUT = frozenset(
    (
        "CertificateBody",
        "Email",
        "EmailAddress",
        "Environment",
        "MasterAccountEmail",
        "MasterUserPassword",
        "PhoneNumber",
        "ResponseMetadata",
        "SSHPublicKeyBody",
        "SecretAccessKey",
        "ServicePassword",
        "Title",
    )
)
NUMBERS = ("integer", "long")
ATTEMPTS = 8
LONGEST = 400  # characters of an error


class Reader:
    """Calls one account in one Region, and keeps what it answers under a folder.

    Outputs that are there already are read and not asked for again, so that a run that was cut off
    goes on where it stopped. `denied` are the calls that AWS refused.
    """

    def __init__(self, session: Any, folder: Path, report: Callable[[str], None]) -> None:  # noqa: ANN401 - boto3 has no types
        """Take a session of boto3 and the folder of all outputs."""
        self.session = session
        self.folder = folder
        self.report = report
        self.denied: list[str] = []
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lists: dict[str, Any] = {}

    def get(
        self,
        path: str,
        service: str,
        operation: str,
        region: str | None = None,
        *,
        kept: bool = True,
        nothing: str | None = None,
        only: Sequence[str] = (),
        **parameters: Any,  # noqa: ANN401 - of any call
    ) -> Any:  # noqa: ANN401 - outputs of all calls
        """The output of a call, kept at a path; `None` where there is nothing, or AWS refused. What
        only lists what to ask about need not be `kept`. Where it is a fact that there is `nothing`,
        its member of that name is kept, empty; or without a name AWS's error. Of an output of which
        `only` a path counts, nothing else is kept."""
        file = self._place(path)
        known = _read(file)
        if known is not None:
            return known
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            output = self._call(service, operation, region, parameters)
        except ClientError as error:
            text = str(error)
            if any(sign in text for sign in NOTHING_THERE):
                if nothing:
                    self.keep(path, {nothing: {}})
                elif nothing == "":
                    self._keep_text(path, text)
                return None
            return self.refuse(path, text)
        except (BotoCoreError, ResponseParserError) as error:  # no such endpoint here, say
            return self.refuse(path, f"An error occurred ({type(error).__name__}): {error}")
        data = _plain(_only(output, only), frozenset() if only else LEFT_OUT)
        if nothing == "" and not data:
            self._keep_text(path, EMPTY)
        elif not kept or not data:  # the AWS CLI prints nothing of an empty output
            if file.exists():  # an error of a run before
                write_folder(str(file.parent), {}, (file.name,))
        else:
            self.keep(path, data)
        return data

    def _place(self, path: str) -> Path:
        """The file of a path; raises `RequestError` for a path out of the folder."""
        if ".." in path.split("/") or path.startswith("/"):
            raise RequestError(
                "unusable-name",
                f"an answer names something `{path}`, which is no place in the folder",
                hint="AWS has no such names: which endpoint answers?",
            )
        return self.folder / path

    def keep(self, path: str, data: object) -> None:
        """Write an output to a path."""
        file = self._place(path)
        make_folder(str(file.parent))
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        write_text(str(file), text, over_input=True)

    def denied_at(self, path: str) -> bool:
        """Whether AWS refused the call whose output would stand at a path."""
        return any(text.startswith(f"{path}: ") for text in self.denied)

    def refuse(self, path: str, text: str) -> None:
        """Keep AWS's error where the output would stand: importers take it for unknown."""
        text = " ".join(text.split())[:LONGEST]
        self.denied.append(f"{path}: {text}")
        self.report(self.denied[-1])
        self._keep_text(path, text)

    def _keep_text(self, path: str, text: str) -> None:
        """Write an error of AWS to a path."""
        file = self._place(path)
        make_folder(str(file.parent))
        write_text(str(file), " ".join(text.split())[:LONGEST] + "\n", over_input=True)

    def of_table(
        self,
        path: str,
        call: Call,
        region: str,
        values: Mapping[str, str],
        *,
        kept: bool = True,
        only: Sequence[str] = (),
    ) -> Any:  # noqa: ANN401 - as above
        """The output of a call of the table of resource types, its options filled in; what AWS
        refused in this run is not asked again. `only` as in `get`."""
        if self.denied_at(path) or path in self._lists:
            return self._lists.get(path)
        options = [values.get(option, option) for option in call.options]
        left = [option for option in options if option.startswith("{")]
        if left:
            return self.refuse(path, f"AWS listed it without what {left[0]} stands for")
        client = self._client(call.service, region)
        host = urlsplit(client.meta.endpoint_url).hostname or ""
        if not has_address(host):
            partition = self.session.get_partition_for_region(region)
            name = CLIENTS.get(call.service, call.service)
            offered = self.session.get_available_regions(name, partition)
            if offered and region not in offered:  # AWS has not this service in this Region
                return None
            return self.refuse(path, f"An error occurred (NoAddress): {host} has none")
        operation = call.operation.replace("-", "_")
        model = client.meta.service_model.operation_model(_method_name(client, operation))
        members = {} if model.input_shape is None else model.input_shape.members
        from botocore import xform_name

        names = {xform_name(name, "-"): name for name in members}
        parameters: dict[str, Any] = {}
        for option, value in zip(options[::2], options[1::2], strict=True):
            name = names[option.removeprefix("--")]
            kind = members[name].type_name
            parameters[name] = (
                [value] if kind == "list" else int(value) if kind in NUMBERS else value
            )
        nothing = "" if kept and not call.of_account and not only else None
        how: dict[str, Any] = {"kept": kept, "nothing": nothing, "only": only}
        output = self.get(path, call.service, operation, region, **how, **parameters)
        if not kept:
            self._lists[path] = output
        return output

    def _call(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, object]
    ) -> Any:  # noqa: ANN401 - as above
        """Make a call, all its pages together."""
        client = self._client(service, region)
        name = _method_name(client, operation)
        if not name.startswith(READS):
            raise AssertionError(f"{name} is no call that reads")
        if client.can_paginate(operation):
            return client.get_paginator(operation).paginate(**parameters).build_full_result()
        return getattr(client, operation)(**parameters)

    def forget(self, region: str) -> None:
        """Drop the clients of a Region: each service has one, and each takes memory."""
        self._clients = {key: client for key, client in self._clients.items() if key[1] != region}

    def _client(self, service: str, region: str | None) -> Any:  # noqa: ANN401 - as above
        key = service, region
        if key not in self._clients:
            from botocore.config import Config

            attempts = int(os.environ.get("AWS_MAX_ATTEMPTS", ATTEMPTS))
            config = Config(retries={"mode": "adaptive", "total_max_attempts": attempts})
            self._clients[key] = self.session.client(
                CLIENTS.get(service, service),
                region_name=region or self.session.region_name or HOME,
                config=config,
            )
        return self._clients[key]


@cache
def has_address(host: str) -> bool:
    """Whether an endpoint is there, as far as its name says: behind a proxy it says nothing."""
    try:
        return bool(getproxies() or socket.getaddrinfo(host, None))
    except OSError:
        return False


def _method_name(client: Any, operation: str) -> str:  # noqa: ANN401 - as above
    name: str = client.meta.method_to_api_mapping[operation]
    return name


def _read(file: Path) -> Any | None:  # noqa: ANN401 - as above
    """An output that is there; `None` for none, and for an error that is worth another try."""
    if not file.is_file():
        return None
    try:
        return json.loads(read_text(str(file)))
    except ValueError:
        return None


def _plain(value: object, left_out: Collection[str] = LEFT_OUT) -> Any:  # noqa: ANN401 - as above
    """An output as the CLI prints it: times in ISO 8601, bytes in base64, nothing secret."""
    if isinstance(value, dict):
        kept = {key: member for key, member in value.items() if key not in left_out}
        return {key: _plain(member, left_out) for key, member in kept.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, left_out) for entry in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _only(data: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - as above
    """What of an output a path names, where it stands; its last step is members between commas."""
    if not path:
        return data
    step, *rest = path
    if step == "*":
        return [_only(item, rest) for item in data if isinstance(item, dict)]
    if not rest:
        members = (name.replace("[]", "").split("/") for name in step.split(","))
        return {name: _within(data[name], inner) for name, *inner in members if name in data}
    return {step: _only(data[step], rest)} if step in data else {}


def _within(value: object, path: Sequence[str]) -> object:
    """What a path through members names of a value, in each item of a list."""
    if not path:
        return value
    if isinstance(value, list):
        return [_within(item, path) for item in value]
    step, *rest = path
    if isinstance(value, dict) and step in value:
        return {step: _within(value[step], rest)}
    return {}


def values_at(data: object, path: tuple[str, ...]) -> list[str]:
    """The texts at a path of an output; ``*`` stands for every item of a list."""
    if not path:
        return [data] if isinstance(data, str) else []
    step, *rest = path
    if step == "*":
        items = data if isinstance(data, list) else []
        return [text for item in items for text in values_at(item, tuple(rest))]
    return values_at(data.get(step), tuple(rest)) if isinstance(data, dict) else []


def items_at(data: object, path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The texts at a path of an output, with the texts and numbers in the item that each is in, as
    `Call` names them: ``{.key}``, and ``{.key.0}`` for the first of a list."""
    step, *rest = path
    if step == "*":
        for item in data if isinstance(data, list) else []:
            if not rest and isinstance(item, str):
                yield item, {}
            elif rest:
                yield from items_at(item, tuple(rest))
    elif isinstance(data, dict) and rest:
        yield from items_at(data.get(step), tuple(rest))
    elif isinstance(data, dict) and isinstance(data.get(step), str):
        members = {}
        for key, value in data.items():
            if isinstance(value, str | int):
                members[f"{{.{key}}}"] = str(value)
            elif isinstance(value, list) and value and isinstance(value[0], str):
                members[f"{{.{key}.0}}"] = value[0]
        yield data[step], members


def file_name(text: str) -> str:
    """A text as a part of a file name, percent-encoded as the importers read it."""
    return quote(text, safe="")


def missing_boto3() -> RequestError:
    """What is said where the extra is not installed."""
    return RequestError(
        "extra-missing", "collecting needs boto3", hint="install it: `pip install 'iamsim[aws]'`"
    )
