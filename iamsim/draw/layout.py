"""Graphviz, wherever it is: the `dot` program, else the copy that pygraphviz brings along.

Both run as a process of their own: what they say on standard error (about fonts, mostly) is of no
interest unless they fail, and a crash of theirs is none of ours.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec

from iamsim.core.errors import RequestError
from iamsim.draw.style import Theme, retheming

_SECONDS = 60
_DOTS_PER_INCH = "144"
# The process gets DOT on standard input and writes the picture to standard output.
_PYGRAPHVIZ = (
    "import sys, pygraphviz; "
    "graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode()); "
    "sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog='dot'))"
)


def layout_command(form: str) -> list[str]:
    """The command that lays DOT out; raises `RequestError` where there is none."""
    program = shutil.which("dot")
    if program is not None:
        return [program, f"-T{form}"]
    if find_spec("pygraphviz") is not None:
        return [sys.executable, "-c", _PYGRAPHVIZ, form]
    raise RequestError(
        "graphviz-missing",
        f"Graphviz lays this picture out as {form.upper()}, and it is not installed",
        hint="`pip install pygraphviz` brings it along; so does the package `graphviz` of your "
        "system; `--format dot` needs neither",
    )


def lay_out(dot: str, form: str, theme: Theme) -> bytes:
    """Lay DOT text out as `svg` or `png`.

    Raises `RequestError` where Graphviz is not there, or can't do it.
    """
    if form == "png":
        dot = dot.replace("{", f"{{\n\tgraph [dpi={_DOTS_PER_INCH}]", 1)
    command = layout_command(form)
    try:
        done = subprocess.run(  # noqa: S603 - a program found by its name, and text on its input
            command, input=dot.encode(), capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    if done.returncode or not done.stdout:
        raise _failed(done.stderr.decode(errors="replace"))
    if form == "svg" and theme is Theme.AUTO:
        return _with_dark_colors(done.stdout.decode()).encode()
    return done.stdout


def _failed(said: str) -> RequestError:
    """What Graphviz said last, on one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = lines[-1] if lines else "it said nothing"
    return RequestError(
        "graphviz-failed",
        f"Graphviz could not lay the picture out: {reason}",
        hint="`--format dot` writes the text that it was given",
    )


def _with_dark_colors(svg: str) -> str:
    """Add the style sheet for viewers with a dark theme behind the opening tag."""
    start = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:start]}\n<style>{retheming()}</style>{svg[start:]}"
