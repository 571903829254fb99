"""Which world a question is about where no option names one, and examples by name.

In this order: `--world`; the variable ``IAMSIM_WORLD`` (several, as in ``PATH``); `world` in
``iamsim.toml``, or under ``[tool.iamsim]`` in ``pyproject.toml``, of this folder or one above; the
file ``world.yaml`` of this folder, where nothing else brings policies.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Options
from iamsim.core.data_class import NamedTuple
from iamsim.world.examples import EXAMPLE, example_path

if TYPE_CHECKING:
    from iamsim.cli.grammar import OptionValue


VARIABLE = "IAMSIM_WORLD"
HERE = "world.yaml"
# What brings policies by itself: then the world of the folder is not what is meant.
BRINGING = (
    "identity_policies",
    "resource_policy",
    "boundary",
    "session_policies",
    "scps",
    "rcps",
    "vpce_policies",
)


class _ChosenWorlds(NamedTuple):
    """Worlds, and what named them."""

    paths: tuple[str, ...]
    by: str


def with_world(options: Options) -> Options:
    """The options with the world that is meant; said on standard error, unless `--quiet`."""
    worlds = options.get("worlds")
    if not isinstance(worlds, tuple) or worlds or options.get("before") or options.get("after"):
        return options
    found = _named_by_person() or _of_folder(options)
    if found is None:
        return options
    if not options.get("quiet"):
        shown = ", ".join(found.paths)
        from iamsim.cli.standard_error import say

        say(f"note: the world is {shown} ({found.by})")
    return Options({**options, "worlds": tuple(map(example_path, found.paths))})


def with_examples(options: Options, arguments: Sequence[str]) -> tuple[Options, tuple[str, ...]]:
    """The options and arguments with paths for the examples that they name."""
    filled = Options({name: _of_examples(value) for name, value in options.items()})
    return filled, tuple(map(example_path, arguments))


def _of_examples(value: OptionValue) -> OptionValue:
    """The value of an option, with paths for examples."""
    if isinstance(value, tuple):
        return tuple(map(example_path, value))
    return example_path(value) if isinstance(value, str) else value


def _named_by_person() -> _ChosenWorlds | None:
    """What the environment or the configuration names."""
    given = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    if given and EXAMPLE + given[-1] in os.environ.get(VARIABLE, ""):
        given = [os.environ[VARIABLE]]  # `example:harbor` has the sign that separates paths
    return _ChosenWorlds(tuple(given), VARIABLE) if given else _of_configuration()


def _of_folder(options: Options) -> _ChosenWorlds | None:
    if any(options.get(field) for field in BRINGING) or not os.path.isfile(HERE):  # noqa: PTH113
        return None
    return _ChosenWorlds((HERE,), "in this folder")


def _of_configuration() -> _ChosenWorlds | None:
    """What the nearest configuration names; its paths start from its folder. Raises `WorldError`
    for what is no path."""
    from iamsim.checks.project_file import find_setting
    from iamsim.checks.table_reader import TableReader

    found = find_setting("world", os.curdir)
    if found is None:
        return None
    listed = found.data if isinstance(found.data, list) else [found.data]
    paths = [entry for entry in listed if isinstance(entry, str) and entry]
    if len(paths) < len(listed):
        hint = 'write `world = "worlds/acme"`, or a list of paths'
        TableReader(found.source, "").fail("world", "`world` is no path", hint)
    return _ChosenWorlds(
        tuple(
            entry
            if entry.startswith(EXAMPLE)
            else os.path.relpath(os.path.join(found.folder, entry))  # noqa: PTH118 - as above
            for entry in paths
        ),
        os.path.relpath(found.source.name),
    )
