"""The commands of `aws s3`, and the transfer methods of boto3: which calls they make.

https://docs.aws.amazon.com/cli/latest/reference/s3/
https://docs.aws.amazon.com/cli/latest/topic/s3-config.html (uploads above 8 MB are in parts)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamsim.calls.model import ALWAYS, DEPENDS, Call, Reading
from iamsim.calls.s3_options import Transfer, is_s3, place_of, read_options, write_options
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from iamsim.calls.command import CommandLine


@dataclass(slots=True)
class Step:
    """A call of a command, and whether it is always made."""

    operation: str
    parameters: dict[str, Any]
    needed: str = ALWAYS
    because: str = ""


class Steps:
    """Collects the calls of one command."""

    def __init__(self, command: str, given: Transfer) -> None:
        """Take the command with what it was given."""
        self.command = command
        self.options = given.options
        self.places = given.places
        self.found: list[Step] = []
        self.notes: list[str] = []

    def add(
        self,
        operation: str,
        needed: str = ALWAYS,
        because: str = "",
        **parameters: Any,  # noqa: ANN401
    ) -> None:
        """Add a call."""
        self.found.append(Step(operation, parameters, needed, because))

    def write(self, bucket: str, key: str) -> None:
        """Upload an object, in parts where it is big."""
        more = write_options(self.options)
        self.add("PutObject", Bucket=bucket, Key=key, **more)
        upload_in_parts(self, bucket, key, more)

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copy from S3 to S3."""
        more = write_options(self.options)
        bucket, key = source
        self.add(
            "CopyObject",
            Bucket=target[0],
            Key=target[1],
            CopySource={"Bucket": bucket, "Key": key},
            **more,
        )


def upload_in_parts(steps: Steps, bucket: str, key: str, more: dict[str, Any]) -> None:
    """Big uploads are made in parts, and given up when one fails."""
    steps.add(
        "AbortMultipartUpload",
        DEPENDS,
        "gives up an upload in parts that failed",
        Bucket=bucket,
        Key=key,
    )
    if more.get("ServerSideEncryption", "").startswith("aws:kms"):
        steps.add(
            "CreateMultipartUpload", DEPENDS, "an upload in parts", Bucket=bucket, Key=key, **more
        )


def _base(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2]
    return name if name not in ("", ".", "..", "-") else "*"


def _under(prefix: str) -> str:
    """The pattern of all keys under a prefix, as the CLI reads it: a folder."""
    return f"{prefix.rstrip('/')}/*" if prefix.rstrip("/") else "*"


def _list(steps: Steps, bucket: str, prefix: str) -> None:
    folder = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
    steps.add("ListObjectsV2", because="lists what is there", Bucket=bucket, Prefix=folder)


def _transfer(steps: Steps) -> None:
    """cp, mv and sync."""
    if len(steps.places) != 2:  # noqa: PLR2004 - a source and a target
        raise RequestError(
            "missing-argument",
            f"`aws s3 {steps.command}` needs a source and a target",
            hint="one of them starts with s3://",
        )
    source, target = steps.places
    if not is_s3(source) and not is_s3(target):
        raise RequestError(
            "missing-argument", f"`aws s3 {steps.command}`: neither place starts with s3://"
        )
    many = steps.command == "sync" or bool(steps.options.get("--recursive"))
    if many:
        _transfer_many(steps, source, target)
    else:
        _transfer_one(steps, source, target)


def _transfer_one(steps: Steps, source: str, target: str) -> None:
    if is_s3(target):
        bucket, key = place_of(target)
        if not key or key.endswith("/"):
            key += _base(place_of(source)[1] if is_s3(source) else source)
        if is_s3(source):
            steps.copy(place_of(source), (bucket, key))
        else:
            steps.write(bucket, key)
    else:
        bucket, key = place_of(source)
        steps.add("GetObject", Bucket=bucket, Key=key or "*")
    if steps.command == "mv" and is_s3(source):
        bucket, key = place_of(source)
        steps.add("DeleteObject", because="deletes what was moved", Bucket=bucket, Key=key or "*")


def _transfer_many(steps: Steps, source: str, target: str) -> None:
    if is_s3(source):
        _list(steps, *place_of(source))
    if is_s3(target) and steps.command == "sync":
        _list(steps, *place_of(target))
    if is_s3(target):
        bucket, prefix = place_of(target)
        if is_s3(source):
            from_bucket, from_prefix = place_of(source)
            steps.copy((from_bucket, _under(from_prefix)), (bucket, _under(prefix)))
        else:
            steps.write(bucket, _under(prefix))
        if steps.options.get("--delete"):
            steps.add(
                "DeleteObject",
                because="deletes what is not in the source",
                Bucket=bucket,
                Key=_under(prefix),
            )
    else:
        bucket, prefix = place_of(source)
        steps.add("GetObject", Bucket=bucket, Key=_under(prefix))
    if steps.command == "mv" and is_s3(source):
        bucket, prefix = place_of(source)
        steps.add(
            "DeleteObject", because="deletes what was moved", Bucket=bucket, Key=_under(prefix)
        )


def _remove(steps: Steps) -> None:
    bucket, key = _one_place(steps)
    if steps.options.get("--recursive"):
        # a prefix is no folder here: `rm --recursive s3://b/lo` deletes `log/x` as well
        steps.add("ListObjectsV2", because="lists what is there", Bucket=bucket, Prefix=key)
        steps.add("DeleteObject", Bucket=bucket, Key=f"{key}*")
        return
    steps.add("DeleteObject", Bucket=bucket, Key=key or "*")


def _one_place(steps: Steps) -> tuple[str, str]:
    if len(steps.places) != 1:
        raise RequestError(
            "missing-argument", f"`aws s3 {steps.command}` needs one place, such as s3://BUCKET"
        )
    return place_of(steps.places[0])


def _ls(steps: Steps) -> None:
    if not steps.places or steps.places[0] in ("s3://", ""):
        steps.add("ListBuckets")
        return
    bucket, prefix = _one_place(steps)
    more = {} if steps.options.get("--recursive") else {"Delimiter": "/"}
    steps.add("ListObjectsV2", Bucket=bucket, Prefix=prefix, **more)


def _mb(steps: Steps) -> None:
    steps.add("CreateBucket", Bucket=_one_place(steps)[0])


def _rb(steps: Steps) -> None:
    bucket, _ = _one_place(steps)
    if steps.options.get("--force"):
        steps.add("ListObjectsV2", because="lists what is there", Bucket=bucket, Prefix="")
        steps.add("DeleteObject", because="empties the bucket", Bucket=bucket, Key="*")
    steps.add("DeleteBucket", Bucket=bucket)


def _website(steps: Steps) -> None:
    steps.add("PutBucketWebsite", Bucket=_one_place(steps)[0])


def _presign(steps: Steps) -> None:
    bucket, key = _one_place(steps)
    steps.notes.append(
        "`presign` calls nothing: whoever uses the URL asks this in the name of who signed it"
    )
    steps.add("GetObject", Bucket=bucket, Key=key or "*")


COMMANDS = {
    "cp": _transfer,
    "mv": _transfer,
    "sync": _transfer,
    "rm": _remove,
    "ls": _ls,
    "mb": _mb,
    "rb": _rb,
    "website": _website,
    "presign": _presign,
}


def s3_steps(line: CommandLine) -> tuple[list[Step], str | None, list[str]]:
    """Say which calls a command of `aws s3` makes; else why it makes none."""
    run = COMMANDS.get(line.operation)
    if run is None:
        if line.operation in ("", "help"):
            return [], "the command names no operation: it calls nothing", []
        raise RequestError(
            "unknown-operation",
            f"`aws s3` has no command `{line.operation}`",
            hint=did_you_mean(line.operation, list(COMMANDS))
            or f"commands are {', '.join(COMMANDS)}",
        )
    steps = Steps(line.operation, read_options(line.words, line.operation))
    if line.operation == "ls" and "--bucket-name-prefix" in steps.options:
        steps.notes.append("`--bucket-name-prefix` narrows what is listed, not what is asked")
    run(steps)
    if steps.options.get("--dryrun"):
        steps.notes.append("with `--dryrun` only what lists is called")
        steps.found = [step for step in steps.found if step.operation.startswith("List")]
        if not steps.found:
            return [], "with `--dryrun` the command calls nothing", []
    return steps.found, None, steps.notes


def transfer_steps(method: str, given: dict[str, Any]) -> tuple[list[Step], list[str]] | None:
    """Say which calls a transfer method of boto3 makes; None for another method.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/s3-uploading-files.html
    """
    extra = given.get("ExtraArgs")
    extra = dict(extra) if isinstance(extra, dict) else {}
    bucket, key = given.get("Bucket", "*"), given.get("Key", "*")
    steps = Steps(method, Transfer())
    match method:
        case "uploadfile" | "uploadfileobj":
            steps.add("PutObject", Bucket=bucket, Key=key, **extra)
            upload_in_parts(steps, bucket, key, extra)
        case "downloadfile" | "downloadfileobj":
            steps.add("GetObject", Bucket=bucket, Key=key, **extra)
        case "copy":
            steps.add(
                "CopyObject", Bucket=bucket, Key=key, CopySource=given.get("CopySource"), **extra
            )
            upload_in_parts(steps, bucket, key, extra)
        case "generatepresignedpost":
            steps.notes.append(
                "this calls nothing: whoever posts the form asks this in the name of who signed it"
            )
            steps.add("PutObject", Bucket=bucket, Key=key)
        case _:
            return None
    return steps.found, steps.notes


def reading_of(
    steps: list[Step], notes: list[str], region: str | None, account: str | None
) -> Reading:
    """Work out what the calls ask, all together."""
    from iamsim.calls.mapping import read
    from iamsim.calls.merging import merged

    readings = []
    for step in steps:
        reading = read(Call("s3", step.operation, step.parameters, region, account))
        for requested in reading.asked:
            if step.needed != ALWAYS:
                requested.needed = step.needed
                requested.because = step.because
            elif step.because:
                requested.because = step.because
        readings.append(reading)
    found = merged(readings)
    found.notes = [*notes, *(note for note in found.notes if note not in notes)]
    return found
