"""Options and places of the commands of `aws s3`.

https://docs.aws.amazon.com/cli/latest/reference/s3/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

FLAGS = frozenset(
    {
        "--recursive",
        "--delete",
        "--dryrun",
        "--quiet",
        "--only-show-errors",
        "--no-progress",
        "--follow-symlinks",
        "--no-follow-symlinks",
        "--no-guess-mime-type",
        "--exact-timestamps",
        "--size-only",
        "--human-readable",
        "--summarize",
        "--force",
        "--force-glacier-transfer",
        "--ignore-glacier-warnings",
        "--no-overwrite",
        "--case-conflict",
    }
)
WITH_VALUE = frozenset(
    {
        "--acl",
        "--grants",
        "--sse-kms-key-id",
        "--sse-c-key",
        "--sse-c-copy-source-key",
        "--storage-class",
        "--website-redirect",
        "--content-type",
        "--cache-control",
        "--content-disposition",
        "--content-encoding",
        "--content-language",
        "--expires",
        "--metadata",
        "--metadata-directive",
        "--copy-props",
        "--include",
        "--exclude",
        "--expected-size",
        "--source-region",
        "--request-payer",
        "--page-size",
        "--expires-in",
        "--index-document",
        "--error-document",
        "--checksum-algorithm",
        "--checksum-mode",
        "--progress-frequency",
        "--progress-multiline",
        "--bucket-region",
        "--bucket-name-prefix",
    }
)
MAYBE_VALUE = {"--sse": "AES256", "--sse-c": "AES256", "--sse-c-copy-source": "AES256"}
SEVERAL = frozenset({"--grants"})
GRANTS = {
    "read": "GrantRead",
    "readacl": "GrantReadACP",
    "writeacl": "GrantWriteACP",
    "full": "GrantFullControl",
}


@dataclass(slots=True)
class Transfer:
    """What a command of `aws s3` was given."""

    places: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


def read_options(words: list[str], command: str) -> Transfer:
    """Split the words of a command; raises `RequestError` for an option that does not exist."""
    transfer = Transfer()
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            transfer.places.append(word)
        elif name in FLAGS and not equals:
            transfer.options[name] = True
        elif name in MAYBE_VALUE:
            if not equals and waiting and waiting[-1] in ("AES256", "aws:kms", "aws:kms:dsse"):
                value = waiting.pop()
            transfer.options[name] = value or MAYBE_VALUE[name]
        elif name in WITH_VALUE:
            values = [value] if equals else []
            while (
                waiting
                and not waiting[-1].startswith("--")
                and (not values or (name in SEVERAL and "=" in waiting[-1]))
            ):
                values.append(waiting.pop())
            if not values:
                raise RequestError("missing-value", f"the option `{name}` needs a value")
            transfer.options[name] = values if name in SEVERAL else values[0]
        else:
            known = [*FLAGS, *WITH_VALUE, *MAYBE_VALUE]
            raise RequestError(
                "unknown-option",
                f"`aws s3 {command}` has no option `{name}`",
                hint=did_you_mean(name, known),
            )
    return transfer


def is_s3(place: str) -> bool:
    """Whether a place is in S3."""
    return place.startswith("s3://")


def place_of(place: str) -> tuple[str, str]:
    """Cut ``s3://BUCKET/KEY``; an access point's ARN stands for the bucket."""
    text = place.removeprefix("s3://")
    if text.startswith("arn:"):
        head, _, tail = text.partition("accesspoint")
        separator, tail = tail[:1], tail[1:]
        name, _, key = tail.partition("/")
        return f"{head}accesspoint{separator}{name}", key.removeprefix("object/")
    bucket, _, key = text.partition("/")
    return bucket, key


def write_options(options: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a write that options set."""
    found: dict[str, Any] = {}
    for option, member in (
        ("--acl", "ACL"),
        ("--sse", "ServerSideEncryption"),
        ("--sse-kms-key-id", "SSEKMSKeyId"),
        ("--sse-c", "SSECustomerAlgorithm"),
        ("--storage-class", "StorageClass"),
        ("--website-redirect", "WebsiteRedirectLocation"),
        ("--metadata-directive", "MetadataDirective"),
    ):
        if options.get(option):
            found[member] = options[option]
    for grant in options.get("--grants") or []:
        permission, _, grantees = str(grant).partition("=")
        granted = GRANTS.get(permission)
        if granted is not None:
            before = f"{found[granted]}," if granted in found else ""
            found[granted] = before + grantees
    return found
