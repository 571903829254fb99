"""A world held against AWS's best practices for IAM."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from iamsim import __version__
from iamsim.api.results import Result
from iamsim.api.trails import count_of
from iamsim.audit.choices import find_choices, known_checks, read_choices
from iamsim.audit.frameworks import FRAMEWORKS, Framework
from iamsim.audit.languages import LANGUAGES, in_language, said
from iamsim.audit.looking import Looking
from iamsim.audit.run import audit_of
from iamsim.audit.terraform import in_terraform
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.query.batch.processes import no_progress
from iamsim.replay.alike import Alike
from iamsim.report import audit as layout
from iamsim.report import audit_data as data
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    import os

    from iamsim.audit.model import Audit as Audited
    from iamsim.audit.model import CheckResult, HeadingResult
    from iamsim.query.batch import Batch
    from iamsim.report.document import Document, Remark
    from iamsim.world.model import World

FORMS = ("aws", "terraform")


class AuditArguments(TypedDict, total=False):
    """What an audit and a report take.

    `select` and `ignore` name checks, or headings for all of theirs, and lie over the choices of
    the project: of the file `configuration`, else of the nearest ``iamsim.toml`` or
    ``pyproject.toml``. Least policies are generated from `logs` of CloudTrail. `framework` adds the
    controls of one, `fixes` are ``aws`` or ``terraform``, and `language` is ``en`` or ``ja``.
    """

    at: str | None
    select: Collection[str]
    ignore: Collection[str]
    configuration: str | os.PathLike[str] | None
    logs: Sequence[str | os.PathLike[str]]
    framework: str | None
    fixes: str
    language: str
    progress: Callable[[int, int], None]


class Looked(NamedTuple):
    """What was looked at, and what it came to."""

    looking: Looking
    audit: Audited
    framework: Framework | None
    fail_on: str | None


class Audit(Result):
    """The headings of AWS's best practices, each with its checks and what they found."""

    def __init__(self, looked: Looked) -> None:
        """Wrap what was found; use `World.audit` to ask."""
        self._looked = looked

    @property
    def headings(self) -> Sequence[HeadingResult]:
        """The headings, with their status and findings."""
        return self._looked.audit.headings

    @property
    def checks(self) -> Sequence[CheckResult]:
        """The results of all checks, with findings and with gaps: what the world does not hold."""
        return self._looked.audit.checks

    @property
    def fail_on(self) -> str | None:
        """From which severity on findings fail, by the choices of the project."""
        return self._looked.fail_on

    @property
    def _models(self) -> Sequence[World]:
        return (self._looked.looking.model,)

    def _translated(self, remark: Remark) -> Remark:
        return remark._replace(text=said(self._looked.audit, remark.text))

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """Headings, findings, what is not known, and the controls of a framework."""
        return layout.audit_document(self._looked.audit, self._looked.framework)

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim audit --format json` has it."""
        return data.audit_data(self._looked.audit, self._looked.framework)

    def lines(self) -> list[str]:
        """A line for each heading."""
        return layout.audit_lines(self._looked.audit)

    def to_sarif(self) -> str:
        """The findings as a SARIF log."""
        return to_json(data.audit_sarif(self._looked.audit, __version__))


def look(  # noqa: PLR0913 - the arguments are the options of the command
    batch: Batch,
    *,
    at: str | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    configuration: str | os.PathLike[str] | None = None,
    logs: Sequence[str | os.PathLike[str]] = (),
    framework: str | None = None,
    fixes: str = FORMS[0],
    language: str = LANGUAGES[0],
    progress: Callable[[int, int], None] = no_progress,
) -> Looked:
    """Look at a world and run the checks; raises `RequestError` for choices that there are not."""
    for chosen, known in ((framework, FRAMEWORKS), (fixes, FORMS), (language, LANGUAGES)):
        if chosen is not None and chosen not in known:
            hint = did_you_mean(chosen, known) or f"one of {', '.join(known)}"
            raise RequestError("unknown-value", f"`{chosen}` is not there to choose", hint=hint)
    today = (at or datetime.now(UTC).date().isoformat())[:10]
    choices = (
        find_choices(Path.cwd(), today)
        if configuration is None
        else read_choices(Path(configuration), today)
    ).narrowed(known_checks(tuple(select)), known_checks(tuple(ignore)))
    trail = count_of(logs, Alike([batch.world.model], (), objects=True)) if logs else None
    looking = Looking(batch, at, choices.limits, trail)
    audit = audit_of(looking, choices, progress)
    audit = in_language(in_terraform(audit) if fixes == "terraform" else audit, language)
    return Looked(
        looking, audit, None if framework is None else FRAMEWORKS[framework], choices.fail_on
    )
