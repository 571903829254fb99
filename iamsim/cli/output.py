"""Where output goes: standard output or a file, with or without color, how wide."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from iamsim.core.errors import RequestError
from iamsim.files.writing import write_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamsim.cli.grammar import Options

# JSON, HTML and SVG escape by themselves what they hold.
_DATA = ("{", "[", "<")
_OBEYED = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
_OWN_COLORS = r"\x1b\[(?:0|[12](?:;3[1236])?|3[1236])m"
# Colors that this run may use: what a name brings is none of them while none are used.
_allowed: set[str] = set()
_DEFAULT_WIDTH = 100
_WIDEST = 160


def wants_color(when: str, *, to_file: bool) -> bool:
    """Decide whether to use color: `always`, `never`, or in a terminal that can show it.

    ``NO_COLOR`` (https://no-color.org) and ``TERM=dumb`` turn `auto` off.
    """
    if when == "auto":
        plain = to_file or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        color = not plain and sys.stdout.isatty()
    else:
        color = when == "always"
    if color:
        _allowed.add("color")
    return color


def forget_colors() -> None:
    """Begin a new run: no colors are used yet."""
    _allowed.clear()


def terminal_width() -> int:
    """Give the width to write for: ``COLUMNS``, else the terminal's, else 100 columns."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns[:6]) > 0:
        return min(int(columns[:6]), _WIDEST)
    try:
        return min(os.get_terminal_size(sys.stdout.fileno()).columns or _DEFAULT_WIDTH, _WIDEST)
    except (OSError, ValueError, AttributeError):
        return _DEFAULT_WIDTH


def write_output(text: str, path: str | None, *, workflow_commands: bool = False) -> None:
    """Write text to a file, or to standard output; raises `RequestError` when it can't.

    Whatever names from outside bring along: nothing in it commands a terminal, reorders text, or is
    a workflow command to a build server, unless the text is made of those.
    """
    if not text.startswith(_DATA):
        text = _harmless(text, workflow_commands=workflow_commands)
    if path is None or path == "-":
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise not_writable("standard output", error) from error
        return
    _write_file(text.encode(errors="backslashreplace"), path)


def _harmless(text: str, *, workflow_commands: bool) -> str:
    import re

    from iamsim.core.caret import printable

    if re.search(_OBEYED, text):
        kept = f"({_OWN_COLORS})|" if "color" in _allowed else "()|"
        text = re.sub(kept + _OBEYED, lambda found: found[1] or printable(found[0]), text)
    return text if workflow_commands else re.sub(r"(?m)^(\s*)::", r"\1\\::", text)


def write_picture(data: bytes, path: str | None, *, binary: bool) -> None:
    """Write a picture to a file, or to standard output.

    Raises `RequestError` when it can't, and for one that is no text where a terminal would show it.
    """
    if path is not None and path != "-":
        _write_file(data, path)
        return
    if not binary:
        sys.stdout.write(data.decode())
    elif sys.stdout.isatty():
        raise RequestError(
            "picture-in-terminal",
            "a PNG can't be shown in a terminal",
            hint="write it to a file with `-o FILE`",
        )
    else:
        sys.stdout.buffer.write(data)
    sys.stdout.flush()


def _write_file(data: bytes, path: str) -> None:
    try:
        write_bytes(path, data)
    except (OSError, ValueError) as error:
        raise not_writable(f"`{path}`", error) from error


def not_writable(where: str, error: OSError | ValueError) -> RequestError:
    """Give the error that says where the system let nothing be written, and why."""
    reason = (getattr(error, "strerror", None) or "not a file name").lower()
    return RequestError("output-not-writable", f"can't write {where}: {reason}")


def write_answer(
    options: Options,
    data: object,
    text: Callable[[int], str],
    *,
    quiet: str,
) -> int:
    """Write an answer as the options `format`, `quiet` and `output` say; gives the exit code 0.

    `text` makes the long form for a width; JSON wins over `quiet`.
    """
    if options["format"] == "json":
        from iamsim.report.cleaning import to_json

        written = to_json(data)
    else:
        written = quiet if options["quiet"] else text(terminal_width())
    write_output(written, options.text("output"))
    return 0
