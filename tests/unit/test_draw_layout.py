"""Graphviz: the program, the package that brings it, and what is said where neither is there."""

from __future__ import annotations

import struct
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from iamsim.core.errors import RequestError
from iamsim.draw import layout
from iamsim.draw.layout import lay_out, layout_command
from iamsim.draw.picture import Picture
from iamsim.draw.raster import rasterized
from iamsim.draw.style import DARK, LIGHT, Theme

DOT = f'digraph iamsim {{\n\ta [fillcolor="{LIGHT.panel}"]\n}}\n'
SVG = f'<?xml version="1.0"?>\n<svg width="8pt"><polygon fill="{LIGHT.panel}"/></svg>\n'


@pytest.fixture
def without_program(monkeypatch):
    """A system that has no `dot`, and no pygraphviz either."""
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout, "find_spec", lambda name: None)


def answers(monkeypatch, done):
    """Let the process come back with this, and give what it was called with."""
    calls = []

    def run(command, **more):
        calls.append((command, more["input"].decode()))
        if isinstance(done, Exception):
            raise done
        return done

    monkeypatch.setattr(layout.subprocess, "run", run)
    monkeypatch.setattr(layout.shutil, "which", lambda name: f"/opt/bin/{name}")
    return calls


def test_the_program_is_taken_first(monkeypatch):
    """Who has `dot` has chosen it."""
    monkeypatch.setattr(layout.shutil, "which", lambda name: f"/opt/bin/{name}")
    assert layout_command("svg") == ["/opt/bin/dot", "-Tsvg"]


def test_the_package_is_taken_where_the_program_is_missing(monkeypatch, without_program):
    """`pip install pygraphviz` is enough."""
    monkeypatch.setattr(layout, "find_spec", lambda name: ModuleSpec(name, None))
    command = layout_command("png")
    assert command[0] == sys.executable
    assert "pygraphviz" in command[2]
    assert command[3] == "png"


def test_without_both_the_error_says_what_to_install(without_program):
    """And that DOT needs neither."""
    with pytest.raises(RequestError) as caught:
        lay_out(DOT, "svg", Theme.LIGHT)
    assert caught.value.code == "graphviz-missing"
    assert "pip install pygraphviz" in str(caught.value)
    assert "--format dot" in str(caught.value)


def test_svg_gets_a_dark_side(monkeypatch):
    """What Graphviz drew in light colors turns dark where the viewer is."""
    calls = answers(monkeypatch, subprocess.CompletedProcess([], 0, SVG.encode(), b"Fontconfig"))
    written = lay_out(DOT, "svg", Theme.AUTO).decode()
    assert f'[fill="{LIGHT.panel}"] {{ fill: {DARK.panel}; }}' in written
    assert written.index("<style>") > written.index("<svg")
    assert calls == [(["/opt/bin/dot", "-Tsvg"], DOT)]
    assert lay_out(DOT, "svg", Theme.DARK).decode() == SVG


def test_png_is_sharp_enough_for_slides(monkeypatch):
    """The resolution is set at the graph."""
    calls = answers(monkeypatch, subprocess.CompletedProcess([], 0, b"\x89PNG", b""))
    assert lay_out(DOT, "png", Theme.LIGHT) == b"\x89PNG"
    assert calls[0][1].splitlines()[1] == "\tgraph [dpi=144]"


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (subprocess.CompletedProcess([], 1, b"", b"warning\nError: syntax\n"), "Error: syntax"),
        (subprocess.CompletedProcess([], 0, b"", b""), "it said nothing"),
        (OSError("no such file"), "no such file"),
        (subprocess.TimeoutExpired("dot", 60), "timed out"),
    ],
)
def test_a_failure_is_told_in_its_own_words(monkeypatch, done, said):
    """The last line that Graphviz wrote is the reason."""
    answers(monkeypatch, done)
    with pytest.raises(RequestError) as caught:
        lay_out(DOT, "svg", Theme.LIGHT)
    assert caught.value.code == "graphviz-failed"
    assert said in caught.value.message


def test_pictures_of_our_own_layout_need_no_graphviz(without_program):
    """SVG and DOT of decisions come out on any system."""
    picture = Picture(lambda theme: f"dot {theme.value}", lambda theme: f"svg {theme.value}")
    assert picture.render("svg", Theme.DARK) == b"svg dark"
    assert picture.render("dot") == b"dot auto"
    with pytest.raises(RequestError):
        Picture(lambda theme: DOT).render("svg")


SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><text y="5">A</text></svg>'


def has_font():
    """Whether resvg can draw a letter here."""
    try:
        return bool(rasterized(SQUARE))
    except RequestError as error:
        return error.code != "png-without-fonts"


@pytest.mark.skipif(not has_font(), reason="no font is installed on this machine")
def test_a_png_is_the_svg_itself(without_program):
    """Twice as large, for slides, in fixed colors; Graphviz has no part in it."""
    themes = []

    def svg(theme):
        themes.append(theme)
        return SQUARE

    png = Picture(lambda theme: DOT, svg).render("png")
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (16, 12)
    assert themes == [Theme.LIGHT]


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (lambda monkeypatch: monkeypatch.setitem(sys.modules, "resvg_py", None), "png-missing"),
        (
            lambda monkeypatch: monkeypatch.setattr("resvg_py.svg_to_bytes", lambda **_: b""),
            "png-without-fonts",
        ),
    ],
)
def test_a_png_without_letters_is_no_picture(monkeypatch, missing, code):
    """What is missing is said, and SVG named, which needs nothing."""
    missing(monkeypatch)
    with pytest.raises(RequestError) as caught:
        rasterized(SQUARE)
    assert caught.value.code == code
    assert "--format svg" in str(caught.value)
