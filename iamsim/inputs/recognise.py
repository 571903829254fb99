"""What a file or a text is, told by its content: a policy, a message, a record, a world, a source.

Nothing is decided here, and nothing is lost: what is not recognised is an error.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from iamsim.core.arn import is_owned_by_aws
from iamsim.core.errors import InputError, RequestError, WorldError
from iamsim.core.suggest import nearest
from iamsim.core.wrapped_policy import WrappedPolicy, unwrap_data, unwrap_text
from iamsim.files.reading import read_bytes, read_gzip

STANDARD_INPUT = "-"
WORLD_FILES = ("world.yaml", "world.yml", "world.json")
READ_ENDINGS = (".json", ".yaml", ".yml", ".txt")
LONGEST_NAME = 4_096
SHOWN = 80
MOST_FILES = 500  # of a folder of policies
MOST_RECORDS = 1_000  # of CloudTrail that are answered one by one
MOST_OF_TRAIL = 16 * 1024 * 1024  # characters of records
HEAD = 64 * 1024  # characters of a long text that tell what it is
EVENT_KEYS = frozenset({"eventName", "eventSource", "eventname", "eventsource", "CloudTrailEvent"})
EVENT_LISTS = ("Records", "Events", "QueryResultRows")
_has_requests = re.compile(r"^(?:\ufeff)?requests *:", re.MULTILINE).search
_has_world_key = re.compile(r"^(?:accounts|include|organization) *:", re.MULTILINE).search
_has_record = re.compile("|".join(f'"{name}"' for name in sorted(EVENT_KEYS))).search
# What AWS's messages have, in any of their forms.
_may_deny = re.compile(
    r"authorized\s+to\s+perform|access\s*denied|explicitDeny|UnauthorizedOperation"
    r"|encoded authorization failure|ciphertext|calling the Head\w+ operation: Forbidden",
    re.IGNORECASE,
).search


class Kind(Enum):
    """What people give."""

    POLICY = "policy"
    MESSAGE = "message"
    EVENT = "event"
    SCENARIO = "scenario"
    WORLD = "world"
    SOURCE = "source"
    CALL = "call"


class Recognised(NamedTuple):
    """What an argument was taken for.

    `argument` is as given. `what` says in words what it is. A policy has its `data`, and
    `wrapped` where it came inside of something else; a message has its `text`.
    """

    argument: str
    kind: Kind
    what: str
    data: object = None
    wrapped: WrappedPolicy | None = None
    text: str = ""


def recognise(argument: str, standard_input: Callable[[], bytes]) -> tuple[Recognised, ...]:
    """Say what an argument is: a path, `-`, or the text itself; a folder of policies is several.

    Raises `RequestError` for what is not recognised, and for a file that is not there.
    """
    if argument == STANDARD_INPUT:
        return (_content(argument, standard_input(), None),)
    if not _is_path(argument):
        recognised = _of_text(argument)
        if recognised is None:
            raise _nothing(argument)
        return (recognised,)
    if os.path.isdir(argument):  # noqa: PTH112 - plain text paths everywhere
        return tuple(_folder(argument))
    return (_file(argument),)


def refuse_trail(text: str, name: str) -> None:
    """Raise `RequestError` for a text of so many records that no one reads their answers."""
    if is_large_trail(text):
        raise too_many_records(name, f"more than {MOST_OF_TRAIL >> 20} MB of")


def is_large_trail(content: str | bytes) -> bool:
    """Whether a text begins with records of CloudTrail and is long."""
    if len(content) <= MOST_OF_TRAIL:
        return False
    head = content[:HEAD]
    return (
        _has_record(head if isinstance(head, str) else head.decode("utf-8", "replace")) is not None
    )


def too_many_records(name: str, number: str) -> RequestError:
    """The error about a trail that is to be replayed, and not explained."""
    return RequestError(
        "too-many-records",
        f"{name} holds {number} CloudTrail records, and at most {MOST_RECORDS:,} are explained",
        hint="`iamsim replay FILE --world WORLD` decides all of them",
    )


def _is_path(argument: str) -> bool:
    """Whether an argument is the name of something that is there."""
    if len(argument) > LONGEST_NAME or "\n" in argument or "\0" in argument:
        return False
    return os.path.exists(argument)  # noqa: PTH110 - pathlib costs start-up time


def _of_text(text: str) -> Recognised | None:
    """Recognise a text that stands on the command line."""
    start = text.lstrip()[:1]
    if start in ("{", "[", '"', "%"):
        return _content(text, text.encode(), "inline")
    if is_owned_by_aws(text):
        return Recognised(text, Kind.POLICY, "an AWS managed policy")
    words = text.split()
    if len(words) > 1 and words[0] == "aws" and not _may_deny(text):
        return Recognised(text, Kind.CALL, "a command of the AWS CLI")
    if _may_deny(text):
        return Recognised(text, Kind.MESSAGE, "a message of AWS about a denied request", text=text)
    if len(words) == 1:
        from iamsim.catalog.managed import find_named_policy

        if find_named_policy(text) is not None:
            return Recognised(text, Kind.POLICY, "an AWS managed policy")
    return None


def _nothing(argument: str) -> RequestError:
    """The error about an argument that is no file and no text that is known."""
    shown = argument if len(argument) <= SHOWN else f"{argument[:SHOWN]}..."
    looks_like_file = argument.endswith((*READ_ENDINGS, ".zip", ".gz")) or "/" in argument
    if looks_like_file and not argument.startswith("arn:") and " " not in argument:
        return RequestError(
            "file-not-found",
            f"can't read `{shown}`: no such file or directory",
            hint=_near(argument),
        )
    hint = "give files, a message of AWS about a denied request, or the request with -p, -a and -r"
    if argument.startswith("arn:"):
        hint = "a caller is given with -p, a resource with -r"
    elif re.fullmatch(r"[a-z0-9-]+:[A-Za-z*?]+", argument):
        hint = "an action is given with -a"
    return RequestError(
        "not-recognised", f"`{shown}` is no file, and no text that is known", hint=hint
    )


def _near(path: str) -> str | None:
    """The file of the folder with the nearest name."""
    folder, name = os.path.split(path)
    try:
        close = nearest(name, os.listdir(folder or "."))  # noqa: PTH208
    except OSError:
        return None
    if not close:
        return "give a file that is there, or a message of AWS as it came"
    return f"did you mean `{os.path.join(folder, close)}`?"  # noqa: PTH118


def _file(path: str) -> Recognised:
    """Recognise a file by its content."""
    if path.lower().endswith((".zip", ".csv", ".tf", ".tfstate", ".tfplan")):
        return _source(path)
    packed = path.lower().endswith(".gz")
    try:
        content = read_bytes(path)
        if packed:
            content = read_gzip(content, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        reason = f"{reason[:1].lower()}{reason[1:]}"
        raise RequestError("file-not-readable", f"can't read `{path}`: {reason}") from error
    except (EOFError, zlib.error) as error:
        raise RequestError("file-not-readable", f"can't unpack `{path}`: {error}") from error
    if packed and _has_record(content[:HEAD].decode("utf-8", "replace")) is None:
        return _source(path)
    return _content(path, content, path)


def _folder(path: str) -> Iterator[Recognised]:
    """Recognise a folder: a world, sources that belong together, or policies by themselves."""
    if any(os.path.isfile(os.path.join(path, name)) for name in WORLD_FILES):  # noqa: PTH113, PTH118
        yield Recognised(path, Kind.WORLD, "a world of iamsim")
        return
    files = sorted(_files(path))
    known = [recognised for file in files for recognised in _known(file)]
    policies = [recognised for recognised in known if recognised.kind is Kind.POLICY]
    if policies and len(policies) == len(known) == len(files):
        yield from policies
        return
    yield _source(path)


def _files(path: str) -> Iterator[str]:
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for number, name in enumerate(sorted(names)):
            if number > MOST_FILES:
                return
            if not name.startswith("."):
                yield os.path.join(folder, name)  # noqa: PTH118 - plain text paths everywhere


def _known(file: str) -> Iterator[Recognised]:
    """A file of a folder, if it is recognised."""
    try:
        yield _file(file)
    except InputError:
        return


def _content(argument: str, content: bytes, path: str | None) -> Recognised:
    """Recognise what a file, standard input or an argument holds."""
    text = _decode(content, argument)
    if not text.strip():
        where = "standard input" if argument == STANDARD_INPUT else f"`{argument}`"
        raise RequestError("not-recognised", f"{where} is empty")
    refuse_trail(
        text, "standard input" if argument == STANDARD_INPUT else f"`{path or 'the text'}`"
    )
    if path is not None and path.lower().endswith((".yaml", ".yml")):
        # Reading a large YAML file takes long, and its keys tell what it is.
        if _has_requests(text):
            return Recognised(argument, Kind.SCENARIO, "a scenario")
        if _has_world_key(text):
            return Recognised(argument, Kind.WORLD, "a world of iamsim")
    data = _data(text, path)
    recognised = None if data is None else _of_data(argument, data, text, path)
    if recognised is not None:
        return recognised
    encoded = unwrap_text(text)
    if encoded is not None:
        return Recognised(argument, Kind.POLICY, encoded.what, _loaded(encoded), encoded)
    if _may_deny(text):
        what = "a message of AWS about a denied request"
        return Recognised(argument, Kind.MESSAGE, what, text=text)
    line = _of_text(text.strip()) if path is None else None
    if line is not None:
        return line._replace(argument=argument)
    raise _unknown_content(argument, text, path)


def _decode(content: bytes, argument: str) -> str:
    """Turn bytes into text, as AWS's outputs and Windows' shells have it."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise RequestError(
            "not-recognised", f"`{argument}` is no text: byte {error.start} does not belong"
        ) from error


def _data(text: str, path: str | None) -> object:
    """The data of JSON or YAML; `None` for other text."""
    import json

    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return _lines_of(text)
    if path is None or not path.lower().endswith((".yaml", ".yml", ".template")):
        return None
    from iamsim.importers.sources import parse_yaml

    try:
        return parse_yaml(text, path)
    except (WorldError, ValueError, RecursionError):
        return None


def _lines_of(text: str) -> object:
    """The data of a text with a JSON value a line."""
    import json

    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _of_data(argument: str, data: object, text: str, path: str | None) -> Recognised | None:
    from iamsim.inputs.policies import is_policy

    if _is_event(data):
        return Recognised(argument, Kind.EVENT, _event_words(data), data)
    if is_policy(data):
        return Recognised(argument, Kind.POLICY, "a policy", data)
    if not isinstance(data, Mapping):
        return _imported(argument, data, path)
    if isinstance(data.get("requests"), list):
        return Recognised(argument, Kind.SCENARIO, "a scenario")
    if _is_message(data, text):
        what = "a message of AWS about a denied request"
        return Recognised(argument, Kind.MESSAGE, what, text=text)
    wrapped = unwrap_data(data)
    if wrapped is not None:
        return Recognised(argument, Kind.POLICY, wrapped.what, _loaded(wrapped), wrapped)
    if data.keys() & {"accounts", "organization", "include"}:
        return Recognised(argument, Kind.WORLD, "a world of iamsim")
    found = _imported(argument, data, path)
    if found is None and "policies" in data:
        return Recognised(argument, Kind.WORLD, "a world of iamsim")
    return found


def _is_message(data: Mapping[object, object], text: str) -> bool:
    """Whether data is an error as programs log it, or a decoded authorization message."""
    names = {str(name).lower() for name in data}
    told = names & {"error", "message", "__type", "code", "decodedmessage", "errormessage"}
    decoded = "explicitDeny" in data and "context" in data
    return bool(decoded or (told and _may_deny(text)))


def _loaded(wrapped: WrappedPolicy) -> object:
    """The data of a policy that came inside of something else."""
    if not isinstance(wrapped.document, str):
        return wrapped.document
    import json

    try:
        return json.loads(wrapped.document)
    except (ValueError, RecursionError):
        return None


def _is_event(data: object) -> bool:
    """Whether data is a CloudTrail record, or holds some."""
    if isinstance(data, list):
        return bool(data) and all(map(_is_event, data[:3]))
    if not isinstance(data, Mapping):
        return False
    if data.keys() & EVENT_KEYS:
        return True
    detail = data.get("detail")
    if isinstance(detail, Mapping) and detail.keys() & EVENT_KEYS:
        return True
    return any(_is_event(data.get(name)) for name in EVENT_LISTS)


def _event_words(data: object) -> str:
    """How many records."""
    records = data
    if isinstance(data, Mapping):
        records = next(
            (data[name] for name in EVENT_LISTS if isinstance(data.get(name), list)), [data]
        )
    number = len(records) if isinstance(records, list) else 1
    return "a CloudTrail record" if number == 1 else f"{number} CloudTrail records"


def _imported(argument: str, data: object, path: str | None) -> Recognised | None:
    """Recognise what an importer reads."""
    from iamsim.importers.registry import load_importers
    from iamsim.importers.sources import Source

    source = Source(path or argument, data)
    for importer in load_importers():
        if importer.recognises(source):
            return Recognised(argument, Kind.SOURCE, importer.name)
    return None


def _source(path: str) -> Recognised:
    """Recognise a folder, an archive or a table that can be imported."""
    from iamsim.importers.draft import Draft
    from iamsim.importers.options import SourceOptions
    from iamsim.importers.registry import load_importers
    from iamsim.importers.sources import read_sources

    importers = load_importers()
    names: dict[str, None] = {}
    for source, _, _ in read_sources([path], Draft(), SourceOptions()):
        names.update((importer.name, None) for importer in importers if importer.recognises(source))
    if not names:
        raise RequestError(
            "not-recognised",
            f"nothing in `{path}` is recognised",
            hint="`iamsim import --recipe` prints the calls of the AWS CLI that collect an account",
        )
    return Recognised(path, Kind.SOURCE, ", ".join(names))


def _unknown_content(argument: str, text: str, path: str | None) -> RequestError:
    """The error about a file that is nothing that is known; a broken policy says what is broken."""
    if '"Statement"' in text and text.lstrip().startswith("{"):
        from iamsim.syntax.read import parse_policy

        try:
            parse_policy(text, name=path or argument)
        except InputError as error:
            return error  # type: ignore[return-value]  # an error of ours, with its place
    where = "standard input" if argument == STANDARD_INPUT else f"`{argument}`"
    return RequestError(
        "not-recognised",
        f"{where} is nothing that is known",
        hint="give a policy, a message about a denied request, a CloudTrail record or a world",
    )
