"""`iamsim findings`: access from outside, from inside, and what nobody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import __version__
from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    expand_actions,
    json_text,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.cli.options import Options
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.analyzer.finding import AccessFinding
    from iamsim.query.batch import Batch
    from iamsim.query.batch.processes import Processes
    from iamsim.report.access_findings import FindingsAnswer

__all__ = ["COMMAND"]

OPTIONS = tuple(one for one in WORLD_OPTIONS if one.field != "context")


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Look at the world and write what was found."""
    from iamsim.report import access_findings as report  # noqa: PLC0415
    from iamsim.report import access_findings_data as data  # noqa: PLC0415

    answer = _answer(options)
    write_answer(
        options,
        lambda: report.access_findings_document(answer),
        lambda: data.access_findings_data(answer),
        lambda: report.access_findings_lines(answer),
        {"sarif": lambda: json_text(data.access_findings_sarif(answer, __version__))},
    )
    code = _code(options, answer)
    if options["fail_on"] is None:
        return code
    return code_with_unknowns(options, answer.unknowns, code)


def _answer(options: Options) -> FindingsAnswer:
    """Find what was asked for, and archive what rules are about."""
    from iamsim.cli.ask import text_of, texts_of, time_of  # noqa: PLC0415 - as above
    from iamsim.query.analyzer.archive import apply_rules, read_rules  # noqa: PLC0415
    from iamsim.query.analyzer.external import find_external  # noqa: PLC0415
    from iamsim.query.analyzer.internal import find_internal  # noqa: PLC0415
    from iamsim.query.analyzer.recommended import recommend  # noqa: PLC0415
    from iamsim.report.access_findings import FindingsAnswer  # noqa: PLC0415

    rules = [rule for file in texts_of(options, "rules") for rule in read_rules(file)]
    zone = text_of(options, "zone")
    internal = texts_of(options, "internal")
    at = time_of(text_of(options, "at"))
    if options["recommend"] and not options["unused"]:
        raise RequestError(
            "option-without-unused",
            "`--recommend` is about permissions that nobody uses",
            hint="add `--unused`",
        )
    if options["unused"] and at is None:
        raise RequestError(
            "missing-time",
            "what is unused depends on the time, and iamsim has no clock",
            hint="give the time of the dumps with `--at`, for example `--at 2026-11-24`",
        )
    progress_bar = ProgressBar("looking at resources", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        batch, model = open_batch(options)
        refuse_unknown(options, batch.world)
        external = find_external(batch, zone, progress, processes=processes)
        findings = list(external.findings)
        if internal:
            actions = expand_actions(texts_of(options, "actions"))
            findings += find_internal(batch, internal, actions, zone, progress, processes=processes)
        if options["unused"] and at is not None:
            findings += _unused(options, batch, at, progress, processes)
        if options["recommend"]:
            recommend(batch, findings, progress)
    findings.sort(
        key=lambda one: (one.account, one.resource, one.kind.value, *one.principal.values(), one.id)
    )
    apply_rules(findings, rules)
    organization = model.organization if zone != "account" else None
    return FindingsAnswer(
        findings,
        external.kept,
        "account" if organization is None else f"organization {organization.id or ''}".rstrip(),
        external.looked_at,
        model,
        at,
        show_archived=bool(options["archived"]),
        unknowns=[
            *_unknowns(batch, everything=bool(internal or options["unused"])),
            *external.unsearched,
        ],
    )


def _unknowns(batch: Batch, *, everything: bool) -> list[UnknownInWorld]:
    """What is not known of policies that bear on findings: for access from outside those of
    resources and roles, and what limits them; for others all."""
    from iamsim.core.decision import PolicyType  # noqa: PLC0415 - as above

    sides = {PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.RESOURCE_CONTROL}
    return [one for one in batch.world.unknowns() if everything or one.use in sides]


def _unused(
    options: Options,
    batch: Batch,
    at: str,
    progress: Callable[[int, int], None],
    processes: Processes,
) -> list[AccessFinding]:
    """What nobody has used for so many days."""
    from iamsim.cli.unused import days_of  # noqa: PLC0415 - as above
    from iamsim.query.analyzer.unused import find_unused  # noqa: PLC0415
    from iamsim.query.analyzer.unused_permissions import (  # noqa: PLC0415
        find_unused_permissions,
    )

    days = days_of(options)
    found = find_unused(batch.world.model, at, days)
    return found + find_unused_permissions(batch, at, days, progress, processes=processes)


def _code(options: Options, answer: FindingsAnswer) -> int:
    """Whether there is what `--fail-on` names, and no rule expects it."""
    from iamsim.query.analyzer.finding import FindingKind, Status  # noqa: PLC0415 - as above

    active = [
        one
        for one in answer.findings
        if one.status is Status.ACTIVE and one.kind is not FindingKind.UNKNOWN
    ]  # what is not known has an option of its own
    when = options["fail_on"]
    public = any(one.is_public for one in active)
    return int((when == "any" and bool(active)) or (when == "public" and public))


COMMAND = Command(
    "findings",
    "Find access from outside the account or organization, as IAM Access Analyzer does.\n\n"
    "Every resource-based policy, key grant and trust policy is held against callers that stand for"
    " everybody outside; service and resource control policies and Block Public Access are counted"
    " in, and what only they keep inside is said. What the other account allows is not asked.",
    (
        *OPTIONS,
        Option(
            ("--zone",),
            "zone",
            "The zone of trust; by default the organization, where the world has one.",
            metavar="ZONE",
            choices=("account", "organization"),
        ),
        Option(
            ("-r", "--resource"),
            "internal",
            "Also who inside of the zone can reach this resource; may be repeated.",
            "list",
            "ARN",
        ),
        Option(
            ("-a", "--action"),
            "actions",
            "For `-r`: only these actions.",
            "list",
            "ACTION",
        ),
        Option(
            ("--unused",),
            "unused",
            "Also roles, access keys, passwords and permissions that were not used for long before"
            " `--at`.",
            "flag",
        ),
        Option(
            ("--recommend",),
            "recommend",
            "With `--unused`: also, in JSON, the policies without what was not used.",
            "flag",
        ),
        Option(("--days",), "days", "What is long; by default 90 days.", metavar="DAYS"),
        Option(
            ("--archive-rules",),
            "rules",
            "File of archive rules (JSON or YAML), as `list-archive-rules` prints them.",
            "list",
            "FILE",
        ),
        Option(("--archived",), "archived", "Also list what a rule archives.", "flag"),
        Option(
            ("--fail-on",),
            "fail_on",
            "Exit with 1 when there is a finding that no rule archives: any, or a public one.",
            metavar="WHEN",
            choices=("any", "public"),
        ),
        ACCEPT_UNKNOWN,
        STRICT,
        *output(*DOCUMENT_FORMATS, "sarif", quiet="A line for each finding."),
    ),
    _run,
    NO_ARGUMENTS,
)
