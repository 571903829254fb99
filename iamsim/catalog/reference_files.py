"""Reading the JSON files of AWS's service reference that a user downloaded.

Follows https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.errors import InputError
from iamsim.files.reading import read_bytes

if TYPE_CHECKING:
    from os import PathLike


class ReferenceFile:
    """One JSON file, and reading parts of it with an error that names the file."""

    def __init__(self, path: str) -> None:
        """Read the file; InputError when it can't be read or is neither a list nor an object."""
        self.path = path
        try:
            self.content: object = json.loads(read_bytes(path))
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            raise InputError("file-unreadable", f"can't read `{path}`: {reason}") from error
        except (ValueError, RecursionError) as error:
            raise self.error("is not JSON") from error
        self.is_list = isinstance(self.content, list)

    def error(self, what: str) -> InputError:
        """Make the error for this file."""
        return InputError(
            "bad-service-reference",
            f"`{self.path}` {what}",
            hint="AWS's service reference has one JSON object a service, with `Name` and `Actions`",
        )

    def text(self, parent: object, member: str) -> str:
        """Read a text that must be there."""
        value = parent.get(member) if isinstance(parent, dict) else None
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.error(f"lacks a `{member}` that is text")
        return value

    def items(self, parent: object, member: str) -> list[object]:
        """Read a list that may be missing."""
        value = parent.get(member) if isinstance(parent, dict) else None
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(f"has a `{member}` that is no list")
        return value

    def texts(self, parent: object, member: str) -> tuple[str, ...]:
        """Read a list of texts that may be missing."""
        found = []
        for value in self.items(parent, member):
            if not isinstance(value, str) or not value.isprintable():
                raise self.error(f"has a `{member}` with something other than text in it")
            found.append(value)
        return tuple(found)


def json_files(paths: Iterable[str | PathLike[str]]) -> list[str]:
    """List the files that are meant; a folder stands for the JSON files in it, at any depth."""
    found = []
    for path in paths:
        text = os.fspath(path)
        if not os.path.isdir(text):  # noqa: PTH112 - `text` is text
            found.append(text)
            continue
        for folder, _, names in sorted(os.walk(text)):
            found += [
                os.path.join(folder, name)  # noqa: PTH118 - as above
                for name in sorted(names)
                if name.lower().endswith(".json")
            ]
    return found
