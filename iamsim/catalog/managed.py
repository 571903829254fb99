"""AWS managed policies by ARN, offline: the documents of a snapshot, packed.

Policies of IAM (``arn:aws:iam::aws:policy/ReadOnlyAccess``), among them the root task policies,
and the two managed policies of Organizations, `FullAWSAccess` and `RCPFullAWSAccess`. Nothing is
read before the first question, and then only the block that holds the document.

Follows https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html

>>> from iamsim.catalog.managed import find_managed_policy
>>> find_managed_policy("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess").name
'ViewOnlyAccess'
"""

from __future__ import annotations

from iamsim.catalog.files import data_path
from iamsim.catalog.pack import Pack, read_pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


# The blob with one line a policy; a line break stands before and after each.
POLICIES = " policies"

_ARN_PARTS = 6

_pack: Pack | None = None
_table: str = ""


class ManagedPolicy:
    """An AWS managed policy.

    `document_text` is JSON, indented by two blanks, so that a line of it can be pointed at; the
    order of its members is ours; it is unpacked when first asked for. `version_id` is the default
    version's, `created` and `updated` are ISO times; the policies of Organizations have none of the
    three. `source` says where the document comes from.
    """

    __slots__ = (
        "_place",
        "_text",
        "arn",
        "created",
        "name",
        "source",
        "updated",
        "version_id",
    )

    def __init__(
        self,
        arn: str,
        name: str,
        version_id: str | None,
        created: str | None,
        updated: str | None,
        source: str,
        place: tuple[str, int, int],
    ) -> None:
        """Keep the parts as they are; `place` is the block that holds the document, and where the
        document begins and ends there."""
        self.arn: Final = arn
        self.name: Final = name
        self.version_id: Final = version_id
        self.created: Final = created
        self.updated: Final = updated
        self.source: Final = source
        self._place: Final = place
        self._text: str | None = None

    @property
    def document_text(self) -> str:
        """The document, as JSON."""
        if self._text is None:
            block, start, end = self._place
            self._text = _read().text(block)[start:end]
        return self._text

    def __repr__(self) -> str:
        """Show the policy without its document."""
        return f"ManagedPolicy({self.arn!r}, {self.version_id!r}, {self.updated!r})"


class ManagedVersion:
    """Which snapshot this is: its package, the day of its newest policy, and how many it has."""

    __slots__ = ("package", "package_version", "policies", "snapshot")

    def __init__(self, package: str, package_version: str, snapshot: str, policies: int) -> None:
        """Keep the parts as they are; `snapshot` is an ISO date."""
        self.package: Final = package
        self.package_version: Final = package_version
        self.snapshot: Final = snapshot
        self.policies: Final = policies


def find_managed_policy(arn: str) -> ManagedPolicy | None:
    """Find an AWS managed policy by its ARN, in any partition; None when there is none.

    The document is that of the partition `aws`: where other partitions differ, that isn't known.
    """
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0] != "arn" or parts[3:5] != ["", "aws"]:
        return None
    partition, service, resource = parts[1], parts[2], parts[5]
    if partition != "aws" and not partition.startswith("aws-"):
        return None
    _read()
    start = _table.find(f"\n{service}\t{resource}\t") + 1
    if start == 0 or not resource or "\t" in service + resource:
        return None
    return _policy(_table[start : _table.find("\n", start)].split("\t"), partition)


def find_managed_policy_by_name(name: str) -> ManagedPolicy | None:
    """Find an AWS managed policy by its bare name, which is unique; None when there is none."""
    return next((_policy(row, "aws") for row in _rows() if row[2] == name), None)


def find_named_policy(text: str) -> ManagedPolicy | None:
    """Find an AWS managed policy as people name it: by its ARN, its path and name, or its name."""
    if ":" in text:
        return find_managed_policy(text)
    if "/" in text:
        return find_managed_policy(f"arn:aws:iam::aws:policy/{text}")
    return find_managed_policy_by_name(text)


def names() -> tuple[str, ...]:
    """Give the names of all policies, sorted without regard to case."""
    return tuple(sorted((row[2] for row in _rows()), key=str.lower))


def arns() -> tuple[str, ...]:
    """Give the ARNs of all policies in the partition `aws`, sorted."""
    return tuple(sorted(_arn("aws", row) for row in _rows()))


def policies() -> tuple[ManagedPolicy, ...]:
    """Give all policies in the partition `aws`, sorted by name without regard to case, then ARN."""
    managed_policies = (_policy(row, "aws") for row in _rows())
    return tuple(sorted(managed_policies, key=lambda policy: (policy.name.lower(), policy.arn)))


def version() -> ManagedVersion:
    """Say which snapshot this is."""
    _, package, number, snapshot, count = _read().header.split("\t")
    return ManagedVersion(package, number, snapshot, int(count))


def suggest(text: str, limit: int = 3) -> tuple[str, ...]:
    """Give the ARNs that someone who wrote a name or an ARN may have meant, likeliest first."""
    # Suggesting needs difflib, which costs more than a lookup.
    from iamsim.core.suggest import AMONG_MANY, closest

    arn_of_name = {row[2].lower(): _arn("aws", row) for row in _rows()}
    name = text.rpartition("/")[2].lower()
    return tuple(arn_of_name[found] for found in closest(name, arn_of_name, limit, AMONG_MANY))


def _read() -> Pack:
    """Read the pack once a process."""
    global _pack, _table  # noqa: PLW0603 - a cache
    if _pack is None:
        _pack = read_pack(data_path("managed_policies.pack"))
        _table = _pack.text(POLICIES)
    return _pack


def _rows() -> list[list[str]]:
    """Cut the whole table."""
    _read()
    return [line.split("\t") for line in _table.strip("\n").split("\n")]


def _policy(row: list[str], partition: str) -> ManagedPolicy:
    """Make the policy of a row, which points at its document."""
    _, _, name, version_id, created, updated, source, block, first, length = row
    start = int(first)
    return ManagedPolicy(
        _arn(partition, row),
        name,
        version_id or None,
        created or None,
        updated or None,
        source,
        (block, start, start + int(length)),
    )


def _arn(partition: str, row: list[str]) -> str:
    return f"arn:{partition}:{row[0]}::aws:{row[1]}"
