"""The grammar of the command line, held for every command: one name, one meaning."""

import re
import shlex
from collections import Counter

import pytest

from iamsim.cli.commands import HELP_NAMES, MODULES
from iamsim.cli.examples import EXAMPLES
from iamsim.cli.grammar import Group
from iamsim.cli.habits import HINTS
from iamsim.cli.help import command_named, help_of
from iamsim.cli.main import main
from iamsim.cli.options import parse_options
from iamsim.cli.panels import ALIASES, COMMANDS
from iamsim.core.errors import RequestError

# `simulate` is the AWS CLI's own command: its names are AWS's.
OF_AWS = "simulate"


def all_commands():
    """Every command that runs something, by the words that people type."""
    found = {}
    for name in COMMANDS:
        command = command_named(name)
        if isinstance(command, Group):
            found |= {f"{name} {inner.name}": inner for inner in command.commands}
        else:
            found[name] = command
    return found


ALL = all_commands()
OPTIONS = [
    (path, option)
    for path, command in ALL.items()
    if not path.startswith(OF_AWS)
    for option in command.options
]
# What an option is wherever it stands: its other name, what it takes, and how its help begins.
MEANINGS = {
    "-p": ("--principal", ("text", "list"), ""),
    "-a": ("--action", ("list",), ""),
    "-r": ("--resource", ("text", "list"), ""),
    "-c": ("--context", ("list",), "A context key with its value"),
    "-n": ("--processes", ("text",), ""),
    "-q": ("--quiet", ("flag",), ("Only ", "A line for each ")),
    "-v": ("--verbose", ("flag",), "Also "),
    "-o": ("--output", ("text",), ""),
    "--color": ("--color", ("text",), "Use color: auto, always or never."),
    "--format": ("--format", ("text",), "How the "),
    "--world": ("--world", ("list",), ""),
    "--overlay": ("--overlay", ("list",), "Lay a Terraform plan"),
    "--fail-on": ("--fail-on", ("text",), ""),
    "--at": ("--at", ("text",), ""),
}


def test_every_command_is_listed():
    """What runs has a line in the list, and the list has nothing else."""
    assert {*MODULES, "explain"} == set(COMMANDS)
    assert {words[0] for words in ALIASES.values()} <= set(COMMANDS)


@pytest.mark.parametrize("name", MEANINGS)
def test_an_option_means_the_same_everywhere(name):
    """Short names have one long name; what it takes and what it does begin alike."""
    long, kinds, begins = MEANINGS[name]
    for path, option in OPTIONS:
        if name in option.names:
            assert long in option.names, path
            assert option.kind in kinds, path
            assert option.help.startswith(begins), (path, option.help)


@pytest.mark.parametrize(("path", "command"), ALL.items(), ids=list(ALL))
def test_every_command_can_be_written_in_one_way(path, command):
    """No name twice, at most twenty options under one heading, and the same output options."""
    names = [name for option in command.options for name in option.names]
    assert len(names) == len(set(names))
    headings = Counter(option.panel for option in command.options if not option.hidden)
    assert max(headings.values(), default=0) <= 20
    fields = {option.field for option in command.options}
    if not path.startswith(OF_AWS) and "format" in fields:
        assert {"--quiet", "--output"} <= set(names)


@pytest.mark.parametrize("path", ["", *dict.fromkeys([*COMMANDS, *ALL])])
def test_every_command_has_examples_that_parse(path):
    """Two to four, and each is right usage of the command that it stands under."""
    examples = EXAMPLES[path]
    assert 2 <= len(examples) <= 4
    for line in examples:
        words = shlex.split(line.rpartition("|")[2].partition(" > ")[0])
        while "=" in words[0]:
            del words[0]
        if words[0] == "aws" or words[:2] == ["iamsim", "help"]:  # beside a server, or a page
            continue
        assert words.pop(0) == "iamsim"
        words[:1] = ALIASES.get(words[0], words[:1])
        name = next(known for known in (" ".join(words[:2]), words[0]) if known in ALL)
        rest = words[len(name.split()) :]
        if path:
            assert name.split()[0] == path.split()[0]
        parse_options(ALL[name].options, rest, command=name)


def test_no_example_is_of_no_command():
    """The table has what there is."""
    assert set(EXAMPLES) == {"", *COMMANDS, *ALL}


@pytest.mark.parametrize("path", [*COMMANDS, *ALL])
def test_help_names_no_type_of_python(path, capsys):
    """`--help` and `help` say the same, with examples, within a hundred columns of prose."""
    text = help_of(path.split())
    assert not re.search(r"<(bool|str|int|list|float)", text)
    assert "\nExamples\n" in text
    assert main([*path.split(), "--help"]) == 0
    assert capsys.readouterr().out == text
    assert main(["help", *path.split()]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("path", "words", "field", "value"),
    [
        ("explain", ["--boundary", "f"], "boundary", "f"),
        ("explain", ["--permissions-boundary", "f"], "boundary", "f"),
        ("explain", ["--bucket-policy", "f"], "resource_policy", "f"),
        ("explain", ["--policy-source-arn", "p"], "principal", "p"),
        ("explain", ["--action-names", "a", "b", "-p", "x"], "actions", ("a", "b")),
        ("explain", ["--resource-arns", "a", "b"], "resources", ("a", "b")),
        ("explain", ["--output", "json"], "format", "json"),
        ("explain", ["--output", "answer.json"], "output", "answer.json"),
        ("explain", ["-o", "json"], "output", "json"),
        ("paths", ["--from", "p"], "sources", ("p",)),
        ("paths", ["--fail"], "fail", True),
        ("findings", ["--internal", "r"], "internal", ("r",)),
        ("test", ["--workers", "4"], "workers", "4"),
        ("validate", ["--type", "RESOURCE_POLICY"], "type", "resource"),
        ("validate", ["--policy-type", "SERVICE_CONTROL_POLICY"], "type", "scp"),
    ],
)
def test_other_names_are_understood(path, words, field, value):
    """Former names, those of the AWS CLI and of other tools."""
    assert parse_options(ALL[path].options, words, command=path)[0][field] == value


@pytest.mark.parametrize(
    ("path", "word", "hint"),
    [
        ("explain", "--identity", "did you mean `--identity-policy`?"),
        ("explain", "--transitive", "did you mean `--transitive-tag`?"),
        ("explain", "--session", "did you mean one of `--session-name`, `--session-policy`"),
        ("who-can", "--profile", HINTS["--profile"]),
        ("explain", "--principle", "did you mean `--principal`?"),
        ("who-can", "--via", "did you mean `--via-roles`?"),
    ],
)
def test_a_beginning_comes_before_what_is_spelled_alike(path, word, hint):
    """And what people are used to comes before both."""
    with pytest.raises(RequestError) as caught:
        parse_options(ALL[path].options, [word, "x"], command=path)
    assert caught.value.hint.startswith(hint)


def test_help_about_a_misspelled_command_names_the_command(capsys):
    """Commands are nearer than pages: `help who-cann` means `who-can`, and no how-to."""
    assert main(["help", "who-cann"]) == 2
    assert "did you mean `who-can`?" in capsys.readouterr().err


def test_help_names_are_no_options():
    """`-h` and `--help` mean help everywhere."""
    assert all(HELP_NAMES.isdisjoint(option.all_names) for _, option in OPTIONS)
