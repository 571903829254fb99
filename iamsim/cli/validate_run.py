"""A run of `iamsim validate`: the project's choices, the suppressions, and what was found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.checks.configuration import Configuration, find_configuration, read_configuration
from iamsim.checks.rules.suppressions import unused_suppression
from iamsim.checks.selection import Selection, codes_named
from iamsim.checks.sidecar import Sidecars
from iamsim.checks.validate import Validator
from iamsim.cli.validate_input import STANDARD_INPUT_NAME
from iamsim.core.decision import PolicyType
from iamsim.report.findings import CheckedPolicy

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.checks.sidecar import FolderSuppression
    from iamsim.checks.validate import Examined
    from iamsim.cli.options import Options
    from iamsim.cli.validate_input import FoundPolicy

__all__ = ["ValidateRun"]


class ValidateRun:
    """Examines policies one by one, and knows at the end which suppressions none needed."""

    def __init__(self, options: Options) -> None:
        """Read the options and the configuration; raises `InputError` for what is wrong there."""
        self.configuration = _configuration(options)
        select = _codes(options, "select")
        self._select = select or None
        self._besides = _codes(options, "extend_select")
        self._ignore = _codes(options, "ignore")
        given = options["type"]
        # The choices of the last file, by those of the project: most files have the same.
        self._last = Selection(), Selection()
        self._type = PolicyType(given) if isinstance(given, str) else None
        resource_type = options["resource_type"]
        self._resource_type = resource_type if isinstance(resource_type, str) else None
        today = datetime.now(UTC).date().isoformat()
        self._today = today
        self._validator = Validator(today=today)
        self._sidecars = Sidecars(Path.cwd())
        # What was looked at, and what of it suppressed something.
        self._asked: dict[int, FolderSuppression] = {}
        self._used: set[int] = set()
        self._told: set[object] = set()

    def examine(self, policy: FoundPolicy) -> Examined:
        """Check one policy, as the options and the configuration want it."""
        selection = self._selection(policy.name)
        beside = () if policy.name == STANDARD_INPUT_NAME else self._sidecars.of_file(policy.name)
        kind = self._type or self.configuration.type_for(policy.name)
        examined = policy.examine(
            self._validator,
            kind,
            self._resource_type,
            selection=selection,
            suppressions=[suppression.suppression for suppression in beside],
        )
        for suppression in beside:
            if selection.wants(suppression.suppression.code):
                self._asked[id(suppression.suppression)] = suppression
        self._used.update(id(suppressed.suppression) for suppressed in examined.suppressed)
        return examined

    def check(self, policy: FoundPolicy) -> CheckedPolicy:
        """Check one policy for a report."""
        examined = self.examine(policy)
        findings = examined.findings
        if policy.is_evaluated:
            # Each item of a loop makes a policy of its own at the same place.
            findings = tuple(finding for finding in findings if self._is_new(finding))
        return CheckedPolicy(policy.name, findings, examined.suppressed)

    def _is_new(self, finding: Finding) -> bool:
        """Whether a finding was not made before at the same places."""
        places = tuple((span.source.name, span.start, span.end) for span in finding.spans)
        about = (finding.code, finding.message, places)
        known = about in self._told
        self._told.add(about)
        return not known

    def unused(self) -> list[CheckedPolicy]:
        """The suppressions beside the checked files that suppressed nothing, by their files."""
        found: dict[str, list[Finding]] = {}
        for key, one in self._asked.items():
            if key not in self._used:
                finding = unused_suppression(one.suppression, self._today)
                found.setdefault(str(one.file), []).extend(
                    self._selection(str(one.file)).choose([finding])
                )
        return [
            CheckedPolicy(name, tuple(findings), is_policy=False)
            for name, findings in sorted(found.items())
        ]

    def _selection(self, name: str) -> Selection:
        """The choices for a file: those of the command line lie over those of the project."""
        chosen = self.configuration.selection_for(name)
        if chosen is not self._last[0]:
            narrowed = chosen.narrowed(self._select, self._ignore, {}, self._besides)
            self._last = chosen, narrowed
        return self._last[1]


def _configuration(options: Options) -> Configuration:
    """Read the file that was given, else find one."""
    given = options["config"]
    if isinstance(given, str):
        return read_configuration(Path(given))
    return find_configuration(Path.cwd())


def _codes(options: Options, field: str) -> frozenset[str]:
    """The codes that an option names, whole or by their beginning; raises `RequestError` for one
    that does not exist."""
    value = options[field]
    entries = value if isinstance(value, tuple) else ()
    return codes_named(entries, selecting=field == "select")
