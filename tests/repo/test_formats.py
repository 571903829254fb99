"""Every command that prints an answer prints it in the same formats."""

from __future__ import annotations

import pytest

from iamsim.cli.commands import MODULES, find_command
from iamsim.cli.grammar import Group
from iamsim.cli.world_options import PAGE_FORMATS

# Commands whose output has a form of its own.
OTHERWISE = {
    "collect": "writes files that import takes",
    "lsp": "answers requests of editors",
    "mcp": "answers requests of agents",
    "demo": "prints what other commands print",
    "schema": "prints JSON schemas",
    "play": "serves files",
    "serve": "answers requests of the AWS CLI",
    "simulate": "prints what the AWS CLI prints",
}


def commands():
    """All commands with their names, those of groups apart."""
    for name in MODULES:
        command = find_command(name)
        for entry in command.commands if isinstance(command, Group) else (command,):
            if name not in OTHERWISE:
                yield pytest.param(entry, id=f"{name}-{entry.name}")


@pytest.mark.parametrize("command", list(commands()))
def test_an_answer_has_all_formats(command):
    """`--format` takes text, JSON, Markdown and HTML; text comes unasked, or what a file says."""
    (form,) = [option for option in command.options if option.field == "format"]
    assert set(PAGE_FORMATS) <= set(form.choices)
    assert form.default in {"text", None}
