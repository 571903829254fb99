"""`iamsim findings`: access from outside, from inside, and what nobody uses."""

from __future__ import annotations

from iamsim import __version__
from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asking,
    open_world,
    output,
    processes_of,
    write_result,
)
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

OPTIONS = tuple(world_option for world_option in WORLD_OPTIONS if world_option.field != "context")


def _run(options: Options, _arguments: Arguments) -> int:
    """Look at the world and write what was found."""
    from iamsim.cli.unused import days_of
    from iamsim.query.analyzer.archive import read_rules
    from iamsim.report.access_findings_data import access_findings_sarif

    _check(options)
    rules = [rule for file in options.texts("rules") for rule in read_rules(file)]
    progress_bar = ProgressBar("looking at resources", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        world = open_world(options)
        refuse_unknown(options, world.compiled)
        findings = world.findings(
            zone=options.text("zone"),
            internal=options.texts("internal"),
            actions=options.texts("actions"),
            unused_days=days_of(options) if options["unused"] else None,
            recommend=bool(options["recommend"]),
            rules=rules,
            show_archived=bool(options["archived"]),
            progress=progress,
            processes=processes,
            **asking(options),
        )
    sarif = {"sarif": lambda: to_json(access_findings_sarif(findings.answer, __version__))}
    write_result(options, findings, sarif)
    when = options["fail_on"]
    if when is None and not options["accept_unknown"]:
        return 0
    failing = findings.public if when == "public" else findings.active
    unsearched = findings.unsearched if when != "public" else ()
    code, unverified = int(when is not None and bool(failing)), world.model.unverified
    return code_with_unknowns(options, findings.unknowns, code, unsearched, unverified=unverified)


def _check(options: Options) -> None:
    """Refuse options that mean nothing without another one."""
    if options["recommend"] and not options["unused"]:
        raise RequestError(
            "option-without-unused",
            "`--recommend` is about permissions that nobody uses",
            hint="add `--unused`",
        )
    if options["unused"] and options["at"] is None:
        raise RequestError(
            "missing-time",
            "what is unused depends on the time, and iamsim has no clock",
            hint="give the time of the dumps with `--at`, for example `--at 2026-11-24`",
        )


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
            "The zone of trust; by default the organization, where the world has one.",
            metavar="ZONE",
            choices=("account", "organization"),
        ),
        Option(
            ("-r", "--resource"),
            "Also who inside of the zone can reach this resource; may be repeated.",
            "list",
            "ARN",
            kept_as="internal",
        ),
        Option(
            ("-a", "--action"),
            "For `-r`: only these actions.",
            "list",
            "ACTION",
            kept_as="actions",
        ),
        Option(
            ("--unused",),
            "Also roles, access keys, passwords and permissions that were not used for long before"
            " `--at`.",
            "flag",
        ),
        Option(
            ("--recommend",),
            "With `--unused`: also, in JSON, the policies without what was not used.",
            "flag",
        ),
        Option(("--days",), "How many days count as long; by default 90.", metavar="DAYS"),
        Option(
            ("--archive-rules",),
            "File of archive rules (JSON or YAML), as `list-archive-rules` prints them.",
            "list",
            "FILE",
            kept_as="rules",
        ),
        Option(("--archived",), "Also list what a rule archives.", "flag"),
        Option(
            ("--fail-on",),
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
