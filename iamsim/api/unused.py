"""What nobody used for long, by what a world knows of last uses and by CloudTrail's logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iamsim.api.findings import Findings
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.since import find_limit
from iamsim.query.analyzer.unused import DEFAULT_DAYS, count_unjudged, find_unused
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.report.access_findings import FindingsAnswer


def find_unused_access(
    batch: Batch,
    logs: Sequence[str] = (),
    *,
    days: int = DEFAULT_DAYS,
    at: str | None = None,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Findings:
    """Find principals, permissions, keys and passwords that nobody used in the `days` before `at`.

    `logs` are files of CloudTrail, or folders of them; without `at` the time is that of their last
    record. `progress` hears of the files, then of the principals. Raises `RequestError` for a path
    that is not there, and where nothing gives the time.
    """
    model = batch.world.model
    remarks: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    if logs:
        from iamsim.replay.logs import log_files
        from iamsim.replay.usage import read_usage, with_usage
        from iamsim.report.usage import usage_remarks

        files = log_files(logs)
        usage = read_usage(files, model, lambda done: progress(done, len(files)))
        at = at or usage.last or None
        lost = tuple(f"{problem.file}: {problem.reason}" for problem in usage.problems)
        if at is not None:
            limit = find_limit(at, days)
            remarks = usage_remarks(usage, limit, at)
            model = with_usage(model, usage, limit, at)
            batch = Batch(CompiledWorld.checked(model), partial=batch.partial, now=at)
    if at is None:
        raise RequestError(
            "missing-time",
            "what is unused depends on the time, and iamsim has no clock",
            hint="give logs, or the time of the dumps with `--at`, for example `--at 2026-11-24`",
        )
    findings = [
        *find_unused(model, at, days),
        *find_unused_permissions(batch, at, days, progress, processes=processes),
    ]
    findings.sort(
        key=lambda finding: (finding.account, finding.resource, finding.kind.value, finding.id)
    )
    return Findings(
        FindingsAnswer(
            findings,
            (),
            f"{days} days before {at}",
            sum(len(account.users) + len(account.roles) for account in model.accounts.values()),
            model,
            at,
            unknowns=batch.world.unknowns(),
            unused=True,
            notes=remarks,
            lost=lost,
            unjudged=count_unjudged(model),
        )
    )
