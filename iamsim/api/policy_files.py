"""Policies in files, held against the checks with the choices of a project, and mended."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.api.validation import policy_type_named
from iamsim.checks.codes import FindingType
from iamsim.checks.configuration import Configuration, find_configuration, read_configuration
from iamsim.checks.rules.suppressions import unused_suppression
from iamsim.checks.selection import Selection, codes_named, finding_type_of
from iamsim.checks.sidecar import FolderSuppression, Sidecars
from iamsim.checks.validate import Examined, Validator
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError
from iamsim.inputs.policy_files import STANDARD_INPUT_NAME, find_policies
from iamsim.query.batch.processes import no_progress
from iamsim.report import findings as layout

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.inputs.found import FoundPolicy
    from iamsim.inputs.lost import FoundUnknown
    from iamsim.report.document import Document

FAIL_ON = ("error", "security-warning", "warning", "suggestion", "never")


class FileValidation(Result):
    """The findings about the policies of files: `checked` has each policy with its own.

    `without` are files of folders that hold no policy, `unreadable` says what could not be read,
    `unknowns` what is marked as not known, `patch` is what was mended, or would be, and `left` what
    of it would have changed a decision.
    """

    def __init__(
        self,
        checked: Sequence[layout.CheckedPolicy],
        *,
        without: Sequence[str] = (),
        unreadable: Sequence[str] = (),
        unknowns: Sequence[FoundUnknown] = (),
        patch: str = "",
        left: Sequence[str] = (),
        limit: FindingType | None = FindingType.ERROR,
    ) -> None:
        """Wrap what was found; use `iamsim.validate_files` to check."""
        self.checked = checked
        self.without = without
        self.unreadable = unreadable
        self._unknowns = unknowns
        self.patch = patch
        self.left = left
        self._limit = limit

    @property
    def findings(self) -> list[Finding]:
        """All findings, file by file."""
        return [finding for policy in self.checked for finding in policy.findings]

    @property
    def failing(self) -> list[Finding]:
        """Those that are grave enough to fail."""
        return [finding for finding in self.findings if self.fails_on(finding.finding_type)]

    @property
    def unknowns(self) -> Sequence[FoundUnknown]:
        """What no check looked at: markers in the place of policies and in them, and what templates
        and configurations get only when they are deployed."""
        return self._unknowns

    @property
    def lost(self) -> Sequence[FoundUnknown]:
        """Those of them that no deployment tells."""
        return [unknown for unknown in self._unknowns if not unknown.at_deployment]

    @property
    def gated(self) -> bool:
        """Whether any type of finding fails."""
        return self._limit is not None

    def fails_on(self, kind: FindingType) -> bool:
        """Whether a finding of this type fails."""
        return self._limit is not None and kind.rank <= self._limit.rank

    def _laid_out(self, *, verbose: bool = False) -> Document:
        return layout.findings_document(
            self.checked, verbose=verbose, without=self.without, unknowns=self.unknowns
        )

    def _data(self) -> dict[str, Any]:
        """The findings as `iamsim validate --format json` has them."""
        from iamsim.report.findings_data import findings_to_dict

        return findings_to_dict(self.checked, self.without, self.unknowns)

    def lines(self) -> list[str]:
        """How many findings there are."""
        return [layout.count_line(self.checked, len(self.without), self.unknowns)]


def validate_files(  # noqa: PLR0913 - the arguments are the options of the command
    *paths: str | os.PathLike[str],
    policy_type: str | None = None,
    resource_type: str | None = None,
    select: Collection[str] = (),
    extend_select: Collection[str] = (),
    ignore: Collection[str] = (),
    configuration: str | os.PathLike[str] | None = None,
    fail_on: str | None = None,
    mend: Callable[[str, str], bool] | None = None,
    progress: Callable[[int, int], None] = no_progress,
) -> FileValidation:
    """Check the policies in files, folders and patterns of names, as `iamsim validate` does.

    The other arguments are as in `validate`, and lie over the choices of the project: of the file
    `configuration`, else of the nearest ``iamsim.toml`` or ``pyproject.toml``. `fail_on` is the
    mildest type of finding in `FileValidation.failing`: ``error``, ``security-warning``,
    ``warning``, ``suggestion`` or ``never``. What is certain and changes no decision is mended in
    the files for which `mend` (called with a file's name and its patch) gives true. Raises
    `RequestError` where there is no policy, and for choices that there are not.
    """
    files = PolicyFiles(
        policy_type=policy_type,
        resource_type=resource_type,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        configuration=configuration,
    )
    limit = _limit_of(fail_on or files.configuration.fail_on or FAIL_ON[0])
    names = [os.fspath(path) for path in paths]
    unreadable: list[str] = []
    without: list[str] = []
    empty: list[str] = []
    lost: list[FoundUnknown] = []
    with CollectLater():
        policies = list(files.find(names, unreadable, without, empty, lost))
    without += (name for name in empty if name not in without)
    if not policies and not unreadable and not files.left_out and not empty and not lost:
        raise RequestError(
            "no-policies",
            "there is no policy in what was given",
            hint="give files with a policy each, folders of them, or world files",
        )
    patch: str = ""
    left: tuple[str, ...] = ()
    if mend is not None:
        from iamsim.api.mending import mend_files

        patch, left, written = mend_files(files.examine, policies, mend)
        if written:
            policies = list(files.find(names, unreadable := [], [], [], []))
    checked = []
    with CollectLater():
        for number, policy in enumerate(policies):
            progress(number, len(policies))
            checked.append(files.check(policy))
    return FileValidation(
        [*checked, *files.unused()],
        without=without,
        unreadable=unreadable,
        unknowns=lost,
        patch=patch,
        left=left,
        limit=limit,
    )


class PolicyFiles:
    """Examines policies one by one, and knows at the end which suppressions none needed."""

    def __init__(
        self,
        *,
        policy_type: str | None,
        resource_type: str | None,
        select: Collection[str],
        extend_select: Collection[str],
        ignore: Collection[str],
        configuration: str | os.PathLike[str] | None,
    ) -> None:
        """Take the choices, and those of the project; raises `InputError` for what is wrong."""
        self.configuration: Configuration = (
            find_configuration(Path.cwd())
            if configuration is None
            else read_configuration(Path(configuration))
        )
        self._select = codes_named(select, selecting=True) or None
        self._besides = codes_named(extend_select)
        self._ignore = codes_named(ignore)
        # The choices of the last file, by those of the project: most files have the same.
        self._last = Selection(), Selection()
        self._type = None if policy_type is None else policy_type_named(policy_type)
        self._resource_type = resource_type
        self._today = datetime.now(UTC).date().isoformat()
        self._validator = Validator(today=self._today)
        self._sidecars = Sidecars(Path.cwd())
        self.left_out: list[str] = []
        """The files that the project excludes."""
        # What was looked at, and what of it suppressed something.
        self._asked: dict[int, FolderSuppression] = {}
        self._used: set[int] = set()
        self._told: set[object] = set()

    def find(
        self,
        paths: Sequence[str],
        unreadable: list[str],
        without: list[str],
        empty: list[str],
        lost: list[FoundUnknown],
    ) -> Iterable[FoundPolicy]:
        """The policies of all paths but those that the project excludes (see `find_policies`)."""
        return find_policies(
            paths, unreadable, excludes=self._excludes, without=without, empty=empty, lost=lost
        )

    def _excludes(self, name: str) -> bool:
        if self.configuration.excludes(name):
            self.left_out.append(name)
            return True
        return False

    def examine(self, policy: FoundPolicy) -> Examined:
        """Check one policy, as its file and the project want it."""
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

    def check(self, policy: FoundPolicy) -> layout.CheckedPolicy:
        """Check one policy for a report."""
        examined = self.examine(policy)
        findings = examined.findings
        if policy.is_evaluated:
            # Each item of a loop makes a policy of its own at the same place.
            findings = tuple(finding for finding in findings if self._is_new(finding))
        return layout.CheckedPolicy(policy.name, findings, examined.suppressed)

    def _is_new(self, finding: Finding) -> bool:
        """Whether a finding was not made before at the same places."""
        places = tuple((span.source.name, span.start, span.end) for span in finding.spans)
        about = (finding.code, finding.message, places)
        known = about in self._told
        self._told.add(about)
        return not known

    def unused(self) -> list[layout.CheckedPolicy]:
        """The suppressions beside the checked files that suppressed nothing, by their files."""
        found: dict[str, list[Finding]] = {}
        for key, beside in self._asked.items():
            if key not in self._used:
                finding = unused_suppression(beside.suppression, self._today)
                found.setdefault(str(beside.file), []).extend(
                    self._selection(str(beside.file)).choose([finding])
                )
        return [
            layout.CheckedPolicy(name, tuple(findings), is_policy=False)
            for name, findings in sorted(found.items())
        ]

    def _selection(self, name: str) -> Selection:
        """The choices for a file: those of the caller lie over those of the project."""
        chosen = self.configuration.selection_for(name)
        if chosen is not self._last[0]:
            narrowed = chosen.narrowed(self._select, self._ignore, {}, self._besides)
            self._last = chosen, narrowed
        return self._last[1]


def _limit_of(text: str) -> FindingType | None:
    """The mildest type of finding that fails; `None` where none does."""
    kind = finding_type_of(text)
    if kind is None and text != FAIL_ON[-1]:
        raise RequestError(
            "unknown-value",
            f"`{text}` is no type of finding",
            hint=f"give one of {', '.join(FAIL_ON)}",
        )
    return kind
