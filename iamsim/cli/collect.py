"""`iamsim collect`: a live account or organization, through boto3, as files for `import`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.cli import standard_error
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option
from iamsim.cli.output import write_output
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]

ROLE = "OrganizationAccountAccessRole"


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Collect, or print the least policy that it needs."""
    from iamsim.cli.ask import text_of, texts_of  # noqa: PLC0415 - `--help` needs none

    everything = bool(options["organization"])
    if options["policy"]:
        from iamsim.cli.world_options import json_text  # noqa: PLC0415 - as above
        from iamsim.importers.recipe import recipe_policy  # noqa: PLC0415 - as above

        write_output(json_text(recipe_policy(organization=everything)), None)
        return 0
    folder = text_of(options, "output")
    if folder is None:
        raise RequestError(
            "missing-output",
            "`iamsim collect` writes files into a folder",
            hint="name it with `-o`; `--policy` prints the permissions that it needs",
        )
    session = _session(options)
    return _collect(
        session,
        folder,
        texts_of(options, "regions"),
        text_of(options, "role") or ROLE,
        everything=everything,
        quiet=bool(options["quiet"]),
    )


def _session(options: Options) -> Any:  # noqa: ANN401 - boto3 has no types
    """The session of a profile, of AWS SSO as well, or of what the environment says."""
    from iamsim.cli.ask import text_of  # noqa: PLC0415 - as above
    from iamsim.collect.reader import missing_boto3  # noqa: PLC0415 - as above

    try:
        import boto3  # noqa: PLC0415 - the extra `aws`
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as above
    except ImportError:
        raise missing_boto3() from None
    try:
        return boto3.Session(profile_name=text_of(options, "profile"))
    except BotoCoreError as error:
        raise RequestError("no-session", f"boto3 says: {error}") from None


def _collect(
    session: Any,  # noqa: ANN401 - as above
    folder: str,
    regions: Sequence[str],
    role: str,
    *,
    everything: bool,
    quiet: bool,
) -> int:
    """Ask for everything; what AWS refuses is said, and the rest goes on."""
    from pathlib import Path  # noqa: PLC0415 - as above

    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    from iamsim.collect.account import collect_account  # noqa: PLC0415 - as above
    from iamsim.collect.organization import collect_organization  # noqa: PLC0415 - as above
    from iamsim.collect.reader import Reader  # noqa: PLC0415 - as above
    from iamsim.files.writing import make_folder, write_text  # noqa: PLC0415 - as above

    def say(text: str) -> None:
        if not quiet:
            standard_error.say(text)

    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise RequestError("no-credentials", f"AWS does not know the caller: {error}") from None
    account, partition = identity["Account"], identity["Arn"].split(":")[1]
    reader = Reader(session, Path(folder), say)
    collect_account(reader, account, regions, partition)
    refused = reader.denied
    for member in collect_organization(reader) if everything else ():
        if member == account:
            continue
        try:
            taken = _assume(session, f"arn:{partition}:iam::{member}:role/{role}")
        except (BotoCoreError, ClientError) as error:
            path = Path(folder) / member / "get-account-authorization-details.json"
            make_folder(str(path.parent))
            write_text(str(path), f"{error}\n", over_input=True)
            refused.append(f"{member}: {error}")
            say(refused[-1])
            continue
        other = Reader(taken, Path(folder), say)
        collect_account(other, member, regions, partition)
        refused += other.denied
    say(
        f"{len(refused)} calls were refused: what they should have said is unknown"
        if refused
        else "all calls were answered"
    )
    say(f"next: iamsim import {folder} -o world")
    return 0


def _assume(session: Any, role: str) -> Any:  # noqa: ANN401 - as above
    """A session of a role of a member account."""
    import boto3  # noqa: PLC0415 - as above

    found = session.client("sts").assume_role(RoleArn=role, RoleSessionName="iamsim-collect")
    keys = found["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=session.region_name,
    )


COMMAND = Command(
    "collect",
    "Collect a live account or organization into files that `iamsim import` takes.\n\n"
    "Needs boto3 (`pip install 'iamsim[aws]'`) and makes only calls that read. What AWS refuses is"
    " unknown in the world; a run that was cut off goes on where it stopped. No secret is written.",
    (
        Option(("--profile",), "profile", "The profile of the AWS CLI.", metavar="PROFILE"),
        Option(
            ("--region",),
            "regions",
            "Only this Region; may be repeated. By default all that the account has on.",
            "list",
            "REGION",
        ),
        Option(
            ("--organization",),
            "organization",
            "Also the organization and all its accounts; for the management account.",
            "flag",
        ),
        Option(
            ("--role",),
            "role",
            f"The role to take in member accounts; by default {ROLE}.",
            metavar="NAME",
        ),
        Option(
            ("--policy",),
            "policy",
            "Print the least policy that it needs, and call nobody.",
            "flag",
        ),
        Option(("-o", "--output"), "output", "The folder to write to.", metavar="FOLDER"),
        Option(("-q", "--quiet"), "quiet", "Only errors: nothing of what is refused.", "flag"),
    ),
    _run,
    NO_ARGUMENTS,
)
