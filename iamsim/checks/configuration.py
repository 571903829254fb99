"""What a project says about validation: ``[tool.iamsim.validate]`` in ``pyproject.toml``, or
``[validate]`` in ``iamsim.toml``.

The nearest file with such a table, from a folder upwards, counts; patterns of files in it start
from its folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from iamsim.checks.codes import FindingType
from iamsim.checks.globs import fits_glob
from iamsim.checks.project_file import Setting, find_setting, read_setting
from iamsim.checks.selection import Selection, codes_named, finding_type_of
from iamsim.checks.table_reader import TableReader
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.suggest import did_you_mean

FIELDS = ("select", "extend-select", "ignore", "severity", "fail-on", "exclude", "overrides")
OVERRIDE_FIELDS = ("paths", "select", "extend-select", "ignore", "severity", "type")
SEVERITIES = tuple(kind.value.lower().replace("_", "-") for kind in FindingType)
NEVER = "never"


class Override(NamedTuple):
    """Other choices for the files that fit one of the patterns in `paths`."""

    paths: tuple[str, ...]
    select: frozenset[str] | None
    besides: frozenset[str]
    ignore: frozenset[str]
    severity: Mapping[str, FindingType]
    policy_type: PolicyType | None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The choices of a project; `folder` is where its patterns of files start from."""

    folder: Path = field(default_factory=Path)
    selection: Selection = field(default_factory=Selection)
    fail_on: str | None = None
    exclude: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()

    def excludes(self, name: str) -> bool:
        """Whether a file is left out."""
        path = self._relative(name) if self.exclude else None
        return path is not None and any(fits_glob(path, pattern) for pattern in self.exclude)

    def selection_for(self, name: str) -> Selection:
        """Give the choices for a file: later overrides lie over earlier ones."""
        chosen = self.selection
        for override in self._overrides_for(name):
            chosen = chosen.narrowed(
                override.select, override.ignore, override.severity, override.besides
            )
        return chosen

    def type_for(self, name: str) -> PolicyType | None:
        """Give the policy type that an override names for a file."""
        types = [
            override.policy_type for override in self._overrides_for(name) if override.policy_type
        ]
        return types[-1] if types else None

    def _overrides_for(self, name: str) -> list[Override]:
        path = self._relative(name) if self.overrides else None
        if path is None:
            return []
        return [
            override
            for override in self.overrides
            if any(fits_glob(path, glob) for glob in override.paths)
        ]

    def _relative(self, name: str) -> str | None:
        """The path of a file from the folder of the configuration; `None` outside of it."""
        path = Path(name).absolute()
        folder = self.folder.absolute()
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None


def find_configuration(start: Path) -> Configuration:
    """Read the nearest file with a table of ours, from a folder upwards; without one, nothing is
    chosen. Raises what `read_configuration` raises."""
    found = find_setting("validate", str(start))
    return Configuration() if found is None else _of_table(found)


def read_configuration(path: Path) -> Configuration:
    """Read one file. Raises `WorldError` for what is no configuration, and `RequestError` for a
    check that does not exist."""
    found = read_setting("validate", str(path))
    return Configuration(path.parent) if found is None else _of_table(found)


def _of_table(found: Setting) -> Configuration:
    return _Reader(found.source, found.table).configuration(Path(found.folder), found.data)


class _Reader(TableReader):
    """Checks the values of the table."""

    def configuration(self, folder: Path, data: object) -> Configuration:
        """Read the whole table."""
        table = self.table(data, "validate", FIELDS)
        return Configuration(
            folder,
            Selection(
                self.codes(table, "select") if "select" in table else None,
                self.codes(table, "ignore"),
                self.severity(table),
                self.codes(table, "extend-select"),
            ),
            self.choice(table, "fail-on", (*SEVERITIES, NEVER)),
            self.texts(table, "exclude"),
            tuple(self.override(entry) for entry in self.list(table, "overrides")),
        )

    def override(self, data: object) -> Override:
        """Read one entry of `overrides`."""
        table = self.table(data, "overrides", OVERRIDE_FIELDS)
        paths = self.texts(table, "paths")
        if not paths:
            self.fail("overrides", "an override needs `paths`, a list of patterns of files")
        kind = self.choice(table, "type", tuple(policy_type.value for policy_type in PolicyType))
        return Override(
            paths,
            self.codes(table, "select") if "select" in table else None,
            self.codes(table, "extend-select"),
            self.codes(table, "ignore"),
            self.severity(table),
            None if kind is None else PolicyType(kind),
        )

    def codes(self, table: Mapping[str, object], name: str) -> frozenset[str]:
        """A list of codes, or of what they begin with."""
        selecting = name == "select"
        return frozenset(
            code
            for entry in self.texts(table, name)
            for code in self.known(entry, selecting=selecting)
        )

    def known(self, entry: str, *, selecting: bool = False) -> frozenset[str]:
        """The codes of an entry, of which there must be some."""
        return codes_named((entry,), selecting=selecting, span=self.span(entry))

    def severity(self, table: Mapping[str, object]) -> dict[str, FindingType]:
        """Finding types by codes."""
        given = table.get("severity", {})
        if not isinstance(given, dict):
            self.fail("severity", "`severity` is a table of codes with finding types")
        finding_types: dict[str, FindingType] = {}
        for entry, text in given.items():
            kind = finding_type_of(text) if isinstance(text, str) else None
            if kind is None:
                shown = text if isinstance(text, str) else str(text)
                hint = did_you_mean(shown, SEVERITIES) or f"use {', '.join(SEVERITIES)}"
                self.fail(shown, f"{quote(shown)} is no finding type", hint)
            finding_types |= dict.fromkeys(sorted(self.known(entry)), kind)
        return finding_types

    def choice(self, table: Mapping[str, object], name: str, choices: Sequence[str]) -> str | None:
        """One of a few words."""
        given = table.get(name)
        if given is None:
            return None
        if not isinstance(given, str) or given not in choices:
            shown = str(given)
            hint = did_you_mean(shown, choices) or f"use {', '.join(choices)}"
            self.fail(shown, f"{quote(shown)} is not a value of `{name}`", hint)
        return given
