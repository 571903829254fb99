"""The option table, and the two parsers that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iamsim.cli.commands import MODULES, find_command
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.options import parse_options
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.cli.grammar import Option

WORDS = st.sampled_from(["a", "-", "x=y", "=", "s3:Get*", "é", "--", "a b", "", "-v", "--quiet"])
FREE = [option for option in EXPLAIN_OPTIONS if not option.choices]
CHOSEN = [option for option in EXPLAIN_OPTIONS if option.choices]


def _spellings(option: Option, value: str) -> list[list[str]]:
    """Every way to write one option with one value."""
    spelled: list[list[str]] = []
    for name in option.names:
        if option.kind == "flag":
            spelled.append([name])
        else:
            spelled.append([name, value])
            if name.startswith("--"):
                spelled.append([f"{name}={value}"])
            elif value:
                spelled.append([f"{name}{value}"])
    return spelled


@st.composite
def arguments(draw):
    """A command line that is right: options in any spelling, arguments between them."""
    words: list[str] = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["free", "chosen", "flags", "argument"]))
        if kind == "free":
            words += draw(st.sampled_from(_spellings(draw(st.sampled_from(FREE)), draw(WORDS))))
        elif kind == "chosen":
            option = draw(st.sampled_from(CHOSEN))
            value = draw(st.sampled_from(option.choices))
            words += draw(st.sampled_from(_spellings(option, value)))
        elif kind == "flags":
            words.append(draw(st.sampled_from(["-vq", "-qv", "-vpX", "-qa=b"])))
        else:
            words.append(draw(st.sampled_from(["one.yaml", "two.json", "-"])))
    if draw(st.booleans()):
        words += ["--", *draw(st.lists(st.sampled_from(["-v", "--x", "--", "f.yaml"]), max_size=2))]
    return words


@pytest.fixture(scope="module")
def typer_command():
    """The command that typer made of the table."""
    import typer

    from iamsim.cli.app import app

    return typer.main.get_command(app).commands["explain"]


@given(words=arguments())
def test_both_parsers_read_the_same(typer_command, words):
    """The fast parser and typer make the same values of every right command line."""
    from iamsim.cli.app import values_of

    context = typer_command.make_context("explain", list(words))
    try:
        parsed = parse_options(EXPLAIN_OPTIONS, words)
    except RequestError as error:
        assume(error.code != "repeated-option")  # of these typer takes the last
        raise
    assert parsed == values_of(context.params)


SINGLE = [
    (command.name, option)
    for name in MODULES
    for command in getattr(find_command(name), "commands", (find_command(name),))
    for option in command.options
    if option.kind == "text"
] + [("explain", option) for option in EXPLAIN_OPTIONS if option.kind == "text"]


@pytest.mark.parametrize(("command", "option"), SINGLE)
def test_an_option_that_takes_one_value_is_given_once(command, option):
    """Whatever the spelling, and whether the values differ: none is passed over."""
    value = option.choices[0] if option.choices else "value"
    spellings = [[name, value] for name in option.names]
    spellings += [[f"{name}={value}"] for name in option.names if name.startswith("--")]
    for first in spellings:
        for second in spellings:
            with pytest.raises(RequestError) as caught:
                parse_options((option,), [*first, *second], command=command)
            assert caught.value.code == "repeated-option"
            assert f"`{second[0].partition('=')[0]}` takes one value" in caught.value.message


@pytest.mark.parametrize(
    ("command", "words", "form"),
    [
        ("explain", ["-o", "a.html"], "html"),
        ("explain", ["-o", "A.MD"], "markdown"),
        ("explain", ["--output=b/a.svg"], "svg"),
        ("explain", ["-o", "a.csv"], "text"),  # it has no tables
        ("explain", ["-o", "html"], "html"),
        ("explain", ["-o", "a.html", "--format", "text"], "text"),
        ("explain", ["-q", "-o", "a.html"], "text"),  # -q is a text
        ("explain", [], "text"),
        ("validate", ["-o", "a.sarif"], "sarif"),
        ("validate", ["-o", "a.xml"], "junit"),
        ("who-can", ["-o", "a.csv"], "csv"),
        ("report", ["-o", "a.md"], "markdown"),
        ("report", ["-o", "a"], None),
    ],
)
def test_the_name_of_the_output_says_the_format(command, words, form):
    """Where none is given, and the command has it."""
    options = EXPLAIN_OPTIONS if command == "explain" else find_command(command).options
    assert parse_options(options, words, command=command)[0]["format"] == form


@pytest.mark.parametrize("words", [["--nope"], ["-z"], ["-p"], ["--world"], ["--quiet=x"], ["-vz"]])
def test_both_parsers_refuse_the_same(typer_command, words):
    """What the fast parser refuses, typer refuses as well."""
    with pytest.raises(RequestError):
        parse_options(EXPLAIN_OPTIONS, words)
    with pytest.raises(Exception, match=r"(?i)option"):
        typer_command.make_context("explain", list(words))


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (
            ["--principle", "x"],
            "unknown-option",
            "there is no option `--principle`",
            "did you mean `--principal`?",
        ),
        (
            ["-x"],
            "unknown-option",
            "there is no option `-x`",
            "`iamsim explain --help` lists the options",
        ),
        (["-p"], "missing-value", "the option `-p` needs a value: PRINCIPAL", None),
        (["--quiet=1"], "unexpected-value", "the option `--quiet` takes no value", None),
        (
            ["--format", "jsno"],
            "unknown-value",
            "`jsno` is not a value of `--format`",
            "did you mean `json`?",
        ),
        (
            ["--color=blue"],
            "unknown-value",
            "`blue` is not a value of `--color`",
            "use auto, always, never",
        ),
    ],
)
def test_wrong_options_say_what_would_be_right(words, code, message, hint):
    """Each kind of wrong option has its code, its message and where possible a suggestion."""
    with pytest.raises(RequestError) as caught:
        parse_options(EXPLAIN_OPTIONS, words)
    assert (caught.value.code, caught.value.message, caught.value.hint) == (code, message, hint)


def test_fields_and_names_are_unique():
    """No two options share a name or a field, so no value can get lost."""
    names = [name for option in EXPLAIN_OPTIONS for name in option.names]
    fields = [option.field for option in EXPLAIN_OPTIONS]
    assert len(set(names)) == len(names)
    assert len(set(fields)) == len(fields)


def test_choices_are_completed(typer_command):
    """The shell completes the values of options that have a closed list."""
    option = next(param for param in typer_command.params if param.name == "format")
    context = typer_command.make_context("explain", [])
    assert [item.value for item in option.shell_complete(context, "j")] == ["json"]
