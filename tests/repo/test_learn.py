"""`iamsim learn` in a real terminal: somebody predicts, asks for hints, edits, and goes on."""

from __future__ import annotations

import json
import sys

import pytest

from tests.repo.terminal import iamsim

pytestmark = pytest.mark.timeout(120)

VERDICT = "[i]mplicitly?  (h hint, s show, q quit) "
LAYER = "which layer decides? (a number; h hint, s show, q quit) "
ON = "Enter to go on, e to edit the policies and ask again, q to quit "


def answers_of(terminal, *steps):
    """Press keys, each followed by what has to appear, and give the text of each step."""
    texts = []
    for keys, prompt in steps:
        start = len(terminal.text)
        terminal.press(keys)
        terminal.wait_for(prompt)
        texts.append(terminal.text[start:])
    return texts


def kept(folder):
    """The progress that was written."""
    return json.loads((folder / "lessons.json").read_text("utf-8"))["lessons"]


def test_a_lesson_is_learned_to_its_end(tmp_path):
    """A hint comes before a wrong answer, the explanation and the picture after the right one; the
    progress is kept question by question."""
    terminal = iamsim("learn", "explicit-deny", IAMSIM_STATE=str(tmp_path))
    terminal.wait_for(VERDICT)
    assert "Bram deletes a chapter." in terminal.text
    assert "ways in" not in terminal.text
    hint, none, wrong, right, layer, explained = answers_of(
        terminal,
        ("h\n", VERDICT),
        ("what?\n", VERDICT),
        ("i\n", VERDICT),
        ("e\n", LAYER),
        ("2\n", LAYER),
        ("identity\n", ON),
    )
    assert "hint: The order of policies" in hint
    assert "a, e or i, please" in none
    assert "A denial is implicit when nobody says no" in wrong
    assert "right\n" in right
    assert "5 service control policy" in right
    assert "There is no resource-based policy in this request" in layer
    assert "denies s3:DeleteObject" in explained
    assert "with an explicit deny in an\n  identity-based policy" in explained
    assert "picture" in explained
    assert kept(tmp_path) == {"explicit-deny": {"bram deletes a chapter": False}}
    answers_of(terminal, ("\n", VERDICT), ("explicit\n", LAYER), ("1\n", ON), ("\n", VERDICT))
    answers_of(terminal, ("a\n", LAYER), ("1\n", ON))
    terminal.press("\n")
    assert terminal.end() == 0
    assert "lesson done: 2 of 3 right at once; the next is `iamsim learn 4`" in terminal.text
    assert [*kept(tmp_path)["explicit-deny"].values()] == [False, True, True]
    again = iamsim("learn", IAMSIM_STATE=str(tmp_path))
    assert again.end() == 0
    assert "done   2/3" in again.text


def test_policies_are_edited_on_the_way(tmp_path):
    """The editor's changes are asked; what does not read any more is said, and can be mended."""
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    file = pathlib.Path(name)\n"
        "    text = file.read_text()\n"
        "    broken = text.replace('Deny', 'Denny')\n"
        "    file.write_text(text.replace('Denny', 'Allow') if broken == text else broken)\n",
        encoding="utf-8",
    )
    command = f"{sys.executable} {editor}"
    terminal = iamsim("learn", "3", IAMSIM_STATE=str(tmp_path), EDITOR=command)
    terminal.wait_for(VERDICT)
    shown, broken, mended = answers_of(terminal, ("s\n", ON), ("e\n", ON), ("e\n", ON))
    assert "denied explicitly, by the identity-based policy" in shown
    assert "identity-policies-2.json:5:" in broken
    assert "`Denny`" in broken
    assert "before: denied explicitly, by the identity-based policy; now: allowed" in mended
    terminal.press("q\n")
    assert terminal.end() == 0
    assert "what you answered is kept" in terminal.text
    assert kept(tmp_path) == {"explicit-deny": {"bram deletes a chapter": False}}


def test_hints_come_to_an_end_and_so_does_the_input(tmp_path):
    """One hint after the other, then none; the end of the input is as good as `q`."""
    terminal = iamsim("learn", "1", "2", IAMSIM_STATE=str(tmp_path))
    terminal.wait_for(VERDICT)
    *_, last = answers_of(terminal, ("h\n", VERDICT), ("h\n", VERDICT), ("h\n", VERDICT))
    assert "there is no further hint" in last
    terminal.press("\x04")
    assert terminal.end() == 0
    assert "what you answered is kept" in terminal.text
    assert not (tmp_path / "lessons.json").exists()


def test_without_a_place_to_keep_it_lessons_work(tmp_path):
    """That nothing can be kept is said once."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    terminal = iamsim("learn", "3", IAMSIM_STATE=str(tmp_path / "file"))
    terminal.wait_for(VERDICT)
    answers_of(terminal, ("s\n", ON), ("\n", VERDICT), ("s\n", ON))
    terminal.press("q\n")
    assert terminal.end() == 0
    assert terminal.text.count("note: the progress can't be kept") == 1


def test_an_allow_of_several_layers_asks_for_no_layer(tmp_path):
    """Where no single layer decides, the decision alone is asked for."""
    terminal = iamsim("learn", "external-id", IAMSIM_STATE=str(tmp_path))
    terminal.wait_for(VERDICT)
    (explained,) = answers_of(terminal, ("a\n", ON))
    assert "which layer" not in explained
    terminal.press("q\n")
    assert terminal.end() == 0
    assert kept(tmp_path)["external-id"] == {"the agency comes for somebody else": True}


def test_nothing_is_asked_where_it_is_to_be_printed(tmp_path):
    """`--no-input` prints in a terminal, too."""
    terminal = iamsim("learn", "1", "--no-input", IAMSIM_STATE=str(tmp_path))
    assert terminal.end() == 0
    assert "Answers to 1." in terminal.text
    assert "q quit" not in terminal.text
