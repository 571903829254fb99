"""Collects from one session of boto3: its account, and with it the organization and its members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamsim.collect.account import Wanted, collect_account
from iamsim.collect.organization import collect_organization
from iamsim.collect.reader import Reader, missing_boto3
from iamsim.core.errors import RequestError
from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_text
from iamsim.importers.sums import SUMS, sum_of, sums_text

if TYPE_CHECKING:
    from pathlib import Path


ROLE = "OrganizationAccountAccessRole"


@dataclass(slots=True)
class Collected:
    """What a run gave: whom AWS takes the caller for, and the calls that were refused."""

    caller: str
    account: str
    refused: list[str] = field(default_factory=list)


def open_session(profile: str | None) -> Any:  # noqa: ANN401 - boto3 has no types
    """The session of a profile, of IAM Identity Center and with a role as well, or of what the
    environment says. Raises `RequestError` where boto3 is missing or knows no such profile."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise missing_boto3() from None
    try:
        return boto3.Session(profile_name=profile)
    except BotoCoreError as error:
        raise RequestError("no-session", f"boto3 says: {error}") from None


def collect(
    session: Any,  # noqa: ANN401 - as above
    folder: Path,
    wanted: Wanted,
    role: str | None = None,
    report: Callable[[str], None] = lambda _text: None,
    *,
    organization: bool = False,
) -> Collected:
    """Collect the account of a session into a folder. With `organization` also the organization as
    far as the account may read it; with `role` all of its member accounts by that role. What AWS
    refuses is reported, kept as its error, and the rest goes on. Raises `RequestError` where AWS
    does not know the caller."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        identity = _sts(session).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise RequestError("no-credentials", f"AWS does not know the caller: {error}") from None
    collected = Collected(identity["Arn"], identity["Account"])
    partition = collected.caller.split(":")[1]
    reader = Reader(session, folder, report)
    collect_account(reader, collected.account, partition, wanted)
    members = collect_organization(reader, wanted) if organization else []
    collected.refused += reader.denied
    for member in members if role is not None else ():
        if member == collected.account:
            continue
        other = Reader(session, folder, report)
        try:
            other.session = _assume(session, f"arn:{partition}:iam::{member}:role/{role}")
        except (BotoCoreError, ClientError) as error:
            other.refuse(f"{member}/get-account-authorization-details.json", str(error))
        else:
            collect_account(other, member, partition, wanted)
        collected.refused += other.denied
    _seal(folder)
    return collected


def _seal(folder: Path) -> None:
    """Say what was collected, so that an import sees what is gone or changed."""
    digests = {
        file.relative_to(folder).as_posix(): sum_of(read_bytes(str(file)))
        for file in sorted(folder.rglob("*.json"))
    }
    write_text(str(folder / SUMS), sums_text(digests), over_input=True)


def _sts(session: Any) -> Any:  # noqa: ANN401 - as above
    """AWS STS, in the session's Region or else in that of the global endpoint."""
    return session.client("sts", region_name=session.region_name or "us-east-1")


def _assume(session: Any, role: str) -> Any:  # noqa: ANN401 - as above
    """A session of a role of a member account; its keys stay in memory."""
    import boto3

    found = _sts(session).assume_role(RoleArn=role, RoleSessionName="iamsim-collect")
    keys = found["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=session.region_name,
    )
