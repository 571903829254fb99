"""The file in which a project says its choices, ``iamsim.toml`` or ``pyproject.toml``: found, read,
and with no word of ours in it that nobody would read.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.checks.table_reader import TableReader
from iamsim.core.data_class import NamedTuple
from iamsim.core.errors import WorldError
from iamsim.core.span import Source, Span
from iamsim.core.suggest import did_you_mean
from iamsim.files.reading import may_read, read_bytes

if TYPE_CHECKING:
    from typing import NoReturn

OURS = "iamsim.toml"
TOOL = ("tool", "iamsim")
STEPS = {OURS: (), "pyproject.toml": TOOL}
SETTINGS = ("world", "validate", "audit")
_ALIKE = 0.8  # a table of another tool may have a name not so far from ours


class Setting(NamedTuple):
    """What a file says of one thing; `table` is the name of that as it is written there."""

    folder: str
    source: Source
    table: str
    data: object


def find_setting(name: str, start: str) -> Setting | None:
    """Read the nearest file that says something of this name, from a folder upwards. Raises
    `WorldError` for a file of ours on the way that can't be read as one."""
    folder = os.path.abspath(start)  # noqa: PTH100 - pathlib costs start-up time
    first = folder
    while True:
        for file in STEPS:
            path = os.path.join(folder, file)  # noqa: PTH118 - as above
            if os.path.isfile(path) and may_read(path):  # noqa: PTH113 - as above
                found = _of_file(path, file if folder == first else path, name)
                if found is not None:
                    return found
        above = os.path.dirname(folder)  # noqa: PTH120 - as above
        if above == folder:
            return None
        folder = above


def read_setting(name: str, path: str) -> Setting | None:
    """Read one file; `None` where it says nothing of this name. Raises `WorldError` for what is no
    configuration."""
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        message = f"can't read `{path}`: no such file"
        raise WorldError("file-not-found", message)
    return _of_file(path, path, name)


def _of_file(path: str, shown: str, name: str) -> Setting | None:
    content = read_bytes(path)
    text = content.decode("utf-8-sig", "replace")
    steps = STEPS.get(os.path.basename(path), ())  # noqa: PTH119 - as above
    source = Source(shown, text)
    if not steps and "\ufffd".encode() not in content and "\ufffd" in text:
        # A file of our own, such as one in UTF-16, is never passed over.
        message = f"the file `{shown}` is not UTF-8 text"
        raise WorldError("invalid-utf-8", message, hint="save the file as UTF-8")
    if steps and steps[-1] not in text:
        _refuse_slips(source)
        return None
    import tomllib

    try:
        data: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        message = f"this is not TOML: {problem[:1].lower()}{problem[1:]}"
        raise WorldError("configuration-not-toml", message, span=_span(source, place)) from None
    if not steps and isinstance(data, dict) and TOOL[0] in data:
        _refuse(source, TOOL[0], "write `[validate]`: `[tool.iamsim]` is for pyproject.toml")
    for step in steps:
        data = data.get(step) if isinstance(data, dict) else None
    if data is None:
        return None
    within = ".".join(steps)
    table = TableReader(source, within).table(data, within or os.path.basename(path), SETTINGS)  # noqa: PTH119
    if name not in table:
        return None
    return Setting(os.path.dirname(path), source, ".".join((*steps, name)), table[name])  # noqa: PTH120


def _refuse_slips(source: Source) -> None:
    """A table that is nearly ours is not passed over, as if nothing had been chosen."""
    for line in source.text.splitlines():
        if line.lstrip(" [").startswith(f"{TOOL[0]}."):
            word = line.strip(" []").split(".")[1].split("]")[0]
            # What has not these letters need not be compared, which costs start-up time.
            hint = did_you_mean(word, TOOL[1:], _ALIKE) if {*"ims"} <= {*word.lower()} else None
            if hint is not None:
                _refuse(source, word, hint)


def _refuse(source: Source, word: str, hint: str) -> NoReturn:
    TableReader(source, word).fail(word, f"there is no setting `{word}` of iamsim", hint)


def _span(source: Source, place: str) -> Span:
    """Find the place that an error of the TOML reader names; the end where it names no line."""
    import re

    match = re.match(r"line ([0-9]+), column ([0-9]+)", place)
    if match is None:
        return Span(source, len(source.text), len(source.text))
    lines = source.text.split("\n")[: int(match[1]) - 1]
    start = sum(len(line) + 1 for line in lines) + int(match[2]) - 1
    return Span(source, start, start + 1)
