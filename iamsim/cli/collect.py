"""`iamsim collect`: a live account or organization, through boto3, as files for `import`."""

from __future__ import annotations

from iamsim.cli import standard_error
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.output import not_writable, write_output
from iamsim.core.errors import RequestError
from iamsim.report.cleaning import to_json

UNKNOWN = "what they should have said is unknown"


def _run(options: Options, _arguments: Arguments) -> int:
    """Collect, or print the least policy that it needs."""
    from pathlib import Path

    from iamsim.collect.account import Wanted
    from iamsim.collect.run import ROLE, collect, open_session

    everything = bool(options["organization"])
    role = options.text("role") or ROLE
    folder = options.text("output")
    if options["policy"]:
        from iamsim.importers.recipe import recipe_policy

        write_output(to_json(recipe_policy(organization=everything, role=role)), folder)
        return 0
    if folder is None:
        raise RequestError(
            "missing-output",
            "`iamsim collect` writes files into a folder",
            hint="name it with `-o`; `--policy` prints the permissions that it needs",
        )

    def say(text: str) -> None:
        if not options["quiet"]:
            standard_error.say(text)

    wanted = Wanted(
        options.texts("regions"),
        last_accessed=bool(options["last_accessed"]),
        snapshots=bool(options["snapshots"]),
    )
    session = open_session(options.text("profile"))
    try:
        collected = collect(
            session,
            Path(folder),
            wanted,
            role if everything else None,
            say,
            organization=everything,
        )
    except OSError as error:
        raise not_writable(f"to `{folder}`", error) from error
    number = len(collected.refused)
    say(
        f"{number} {'call was' if number == 1 else 'calls were'} refused: {UNKNOWN}"
        if number
        else "all calls were answered"
    )
    say(f"next: iamsim import {folder} -o world")
    return 0


COMMAND = Command(
    "collect",
    "Collect a live account or organization into files that `iamsim import` takes.\n\n"
    "Needs boto3 (`pip install 'iamsim[aws]'`) and makes only calls that read. What AWS refuses is"
    " unknown in the world; a run that was cut off goes on where it stopped. No secret is written.",
    (
        Option(("--profile",), "The profile of the AWS CLI.", metavar="PROFILE"),
        Option(
            ("--region",),
            "Only this Region; may be repeated. By default all that the account has on.",
            "list",
            "REGION",
            kept_as="regions",
        ),
        Option(
            ("--organization",),
            "Also the organization and all its accounts; for the management account.",
            "flag",
        ),
        Option(
            ("--role",),
            "The role to take in member accounts; by default OrganizationAccountAccessRole.",
            metavar="NAME",
        ),
        Option(
            ("--last-accessed",),
            "Also when every user and role last called which service; takes seconds for each.",
            "flag",
        ),
        Option(
            ("--snapshots",),
            "Also with whom snapshots are shared; a call for each of them.",
            "flag",
        ),
        Option(
            ("--policy",),
            "Print the least policy that it needs, and call nothing.",
            "flag",
        ),
        Option(
            ("-o", "--output"),
            "The folder to write to; with `--policy` the file for the policy.",
            metavar="FOLDER",
        ),
        Option(("-q", "--quiet"), "Only errors: nothing of what is refused.", "flag"),
    ),
    _run,
    NO_ARGUMENTS,
)
