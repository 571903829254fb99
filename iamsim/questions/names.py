"""Short names: a principal or a resource of a world by its name, where only one has it.

`deploy`, `role/deploy` and `111122223333/deploy` stand for the role of that name; `s3://b/k`, as
the AWS CLI writes it, for the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.questions.near_misses import known_principals, known_resources

if TYPE_CHECKING:
    from iamsim.world.model import World

S3_ADDRESS = "s3://"
MOST = 5
PATTERN = frozenset("*?$")


def principal_named(text: str, world: World | None) -> str:
    """The ARN of the principal that a short name stands for; everything else as it is.

    Raises `RequestError` (``ambiguous-name``) where several have it.
    """
    if world is None or not text or find_arn(text) is not None or ":" in text:
        return text
    return _only(text, "principal", _with_name(text, known_principals(world), world))


def resource_named(text: str, world: World | None) -> str:
    """The ARN of the resource that a short name stands for; everything else as it is.

    An object may follow the name of its bucket. Raises as `principal_named` does.
    """
    if text.startswith(S3_ADDRESS):
        return f"arn:aws:s3:::{text.removeprefix(S3_ADDRESS)}"
    if world is None or not text or ":" in text or PATTERN & set(text.partition("/")[0]):
        return text
    resources = known_resources(world)
    found = _with_name(text, [*resources, *known_principals(world)], world)
    if not found and "/" in text:
        bucket, _, key = text.partition("/")
        buckets = [
            resource for resource in _with_name(bucket, resources, world) if ":s3:::" in resource
        ]
        found = [f"{bucket}/{key}" for bucket in buckets]
    return _only(text, "resource", found)


def _with_name(text: str, arns: Iterable[str], world: World) -> list[str]:
    """The ARNs that a name, with its kind or its account in front, stands for."""
    before, slash, name = text.rpartition("/")
    accounts = {before} | {
        account_id for account_id, account in world.accounts.items() if account.name == before
    }
    found = []
    for text_of_arn in arns:
        arn = find_arn(text_of_arn)
        if arn is None:
            continue
        last = arn.resource.replace(":", "/").rpartition("/")[2]
        whole = arn.resource in (text, f"role/{text}", f"user/{text}")
        here = bool(slash) and last == name and arn.account in accounts
        kind = bool(slash) and last == name and arn.resource.partition("/")[0] == before
        if whole or here or kind or (not slash and last == text):
            found.append(text_of_arn)
    return sorted(set(found))


def _only(text: str, what: str, found: list[str]) -> str:
    """The only ARN; the text where there is none, so that it is judged as it stands."""
    if len(found) > 1:
        shown = ", ".join(f"`{text}`" for text in found[:MOST])
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        raise RequestError(
            "ambiguous-name",
            f"`{text}` is the name of {len(found)} {what}s of the world",
            hint=f"give an ARN: {shown}{more}",
        )
    return found[0] if found else text
