"""The table of commands, which `iamsim.cli.main` runs and the reference describes.

It is read by name, so that running one command loads no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.cli.grammar import Command, Group
from iamsim.cli.options import parse_options
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

# Modules with a `COMMAND`, by the name that people type.
MODULES = {
    "calls": "iamsim.cli.calls",
    "simulate": "iamsim.cli.simulate",
    "context": "iamsim.cli.context",
    "catalog": "iamsim.cli.catalog",
    "managed": "iamsim.cli.managed",
    "validate": "iamsim.cli.validate",
    "import": "iamsim.cli.import_",
    "collect": "iamsim.cli.collect",
    "world": "iamsim.cli.world",
    "test": "iamsim.cli.test",
    "schema": "iamsim.cli.schema",
    "who-can": "iamsim.cli.who_can",
    "what-can": "iamsim.cli.what_can",
    "access-matrix": "iamsim.cli.access_matrix",
    "findings": "iamsim.cli.findings",
    "unused": "iamsim.cli.unused",
    "audit": "iamsim.cli.audit",
    "report": "iamsim.cli.report",
    "diff": "iamsim.cli.diff",
    "review": "iamsim.cli.review",
    "paths": "iamsim.cli.paths",
    "check": "iamsim.cli.check",
    "replay": "iamsim.cli.replay",
    "generate": "iamsim.cli.generate",
    "serve": "iamsim.cli.serve",
    "mcp": "iamsim.cli.mcp",
    "lsp": "iamsim.cli.lsp",
    "learn": "iamsim.cli.learn",
    "play": "iamsim.cli.play",
    "docs": "iamsim.cli.docs",
    "demo": "iamsim.cli.demo",
}
# Commands that need no world, or whose inputs bring their own.
OWN_WORLDS = frozenset({"simulate", "test"})
HELP_NAMES = frozenset({"--help", "-h"})


def find_command(name: str) -> Command | Group:
    """Load the command or group of a name in `MODULES`."""
    from importlib import import_module

    found = import_module(MODULES[name]).COMMAND
    if not isinstance(found, Command | Group):
        message = f"the module of `{name}` has no command"
        raise TypeError(message)
    return found


def run_command(name: str, arguments: Sequence[str]) -> int | None:
    """Run a command and give its exit code; None when its help was asked for.

    Raises `RequestError` for wrong usage, and what the command raises.
    """
    command = find_command(name)
    path = name
    if isinstance(command, Group):
        if not arguments or arguments[0] in HELP_NAMES:
            return None
        if command.meant is not None and arguments[0].startswith("-"):
            arguments = [command.meant(arguments), *arguments]
        command = _of_group(command, arguments[0])
        path = f"{name} {command.name}"
        arguments = arguments[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if any(argument in HELP_NAMES for argument in arguments[:end]):
        return None
    options, rest = parse_options(command.options, arguments, command=path)
    _check_count(command, rest, path)
    from iamsim.cli.default_world import with_examples, with_world

    options, rest = with_examples(options, rest)
    names_worlds = name in OWN_WORLDS or (name == "diff" and rest)
    return command.run(options if names_worlds else with_world(options), rest)


def _of_group(group: Group, name: str) -> Command:
    names = {command.name: command for command in group.commands}
    if name not in names:
        raise RequestError(
            "unknown-command",
            f"there is no command `{group.name} {name}`",
            hint=did_you_mean(name, names) or f"commands are: {', '.join(names)}",
        )
    return names[name]


def _check_count(command: Command, given: Sequence[str], path: str) -> None:
    argument = command.argument
    if len(given) < argument.least:
        raise RequestError(
            "missing-argument",
            f"`iamsim {path}` needs {argument.metavar}",
            hint=f"`iamsim {path} --help` says what it is",
        )
    if argument.most is not None and len(given) > argument.most:
        extra = given[argument.most]
        hint = None
        if argument.most:
            count = "one" if argument.most == 1 else str(argument.most)
            hint = f"it takes {count} {argument.metavar}; quote text that has blanks in it"
        elif any(option.field == "identity_policies" for option in command.options):
            hint = "give a policy with `--identity-policy`"
        raise RequestError(
            "unexpected-argument", f"`iamsim {path}` does not take `{extra}`", hint=hint
        )
