"""The formats that the ARNs of a service have, and whether a pattern can fit one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from iamsim.core.arn import ARN_PARTS
from iamsim.core.data_class import NamedTuple, dataclass
from iamsim.core.wildcard import Wildcard, tokenize

VARIABLE = re.compile(r"\$\{[^}]*\}|<[^>]*>")
_HYPHENS = str.maketrans(dict.fromkeys("-_"))
FIELDS = ("partition", "service", "region", "account", "resource")
Atoms = tuple[str, ...]
STAR, ANY = "*", "?"


class ArnText(NamedTuple):
    """The parts of an ARN in a policy, with its wildcards and variables."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def extent(self, field: str) -> tuple[int, int]:
        """Give start and length of a part in the whole text."""
        place = FIELDS.index(field)
        start = len("arn:") + sum(len(part) + 1 for part in self[:place])
        return start, len(self[place])


@dataclass(frozen=True, slots=True)
class ArnFormat:
    """One format of the service reference; Region and account are empty where it has none."""

    text: str
    service: str
    region: str
    account: str
    resource: str
    atoms: Atoms

    def fits_resource(self, pattern: str) -> bool:
        """Whether some resource of this format is covered by the pattern of a policy.

        A variable may be anything, paths included, but for the names of buckets.
        """
        if self.service == "s3" and "/" not in self.resource and "/" in pattern:
            return False
        return _overlap(pattern, self.atoms)

    def fits_meeting(self, name: str) -> bool:
        """Whether what two patterns have in common is a resource of this format. Where slashes
        alone separate its variables, no colon stands in one, but for the names of objects."""
        slashes = "/" in self.resource and ":" not in self.resource and "Object" not in self.text
        return not (slashes and ":" in name) and self.fits_resource(name)

    def is_of_type(self, pattern: str) -> bool:
        """Whether a pattern begins with the same type of resource, however that is spelled."""
        return _type_word(pattern) == _type_word(self.resource)


def _type_word(resource: str) -> str:
    """The first part of a resource, without letter case, hyphens and separators in front."""
    parts = re.split("[:/]", resource.lstrip(":/"), maxsplit=1)
    return parts[0].lower().translate(_HYPHENS)


def cut_arn(text: str) -> ArnText | None:
    """Cut a resource at its first five colons outside of variables; `None` if there are fewer."""
    marked = VARIABLE.sub(lambda found: found.group().replace(":", "\x00"), text)
    parts = marked.split(":", ARN_PARTS - 1)
    if len(parts) != ARN_PARTS or parts[0] != "arn":
        return None
    return ArnText(*(part.replace("\x00", ":") for part in parts[1:]))


def read_format(text: str) -> ArnFormat | None:
    """Read a format such as ``arn:${Partition}:s3:::${BucketName}``; `None` for what is no ARN."""
    arn = cut_arn(text)
    if arn is None:
        return None
    return ArnFormat(
        text, arn.service, arn.region, arn.account, arn.resource, pattern_atoms(arn.resource)
    )


def pattern_atoms(text: str) -> Atoms:
    """Cut a text into characters and wildcards; a variable may be anything."""
    atoms: list[str] = []
    for token in tokenize(VARIABLE.sub("*", text)):
        if token is Wildcard.STAR:
            if atoms[-1:] != [STAR + STAR]:
                atoms.append(STAR + STAR)
        elif token is Wildcard.QUESTION:
            atoms.append(ANY + ANY)
        else:
            atoms += str(token)
    return tuple(atoms)


# Worlds name the same resources in many policies.
@lru_cache(maxsize=50_000)
def _overlap(pattern: str, atoms: Atoms) -> bool:
    """Whether some text of a format fits a pattern."""
    return can_overlap(pattern_atoms(pattern), atoms)


def can_overlap(first: Atoms, second: Atoms) -> bool:
    """Whether some text fits both patterns (two marks stand for a wildcard, one for itself)."""
    star, any_one = STAR + STAR, ANY + ANY
    reached = {0}
    for place in range(len(first) + 1):
        # Close over the stars of the second pattern, which may stand for nothing.
        reached = _closed(reached, second, star)
        if place == len(first):
            break
        atom = first[place]
        if atom == star:
            if not reached:
                return False
            reached = set(range(min(reached), len(second) + 1))
            continue
        moved = set()
        for state in reached:
            if state == len(second):
                continue
            other = second[state]
            if other == star:
                moved.add(state)
            elif atom in (other, any_one) or other == any_one:
                moved.add(state + 1)
        reached = moved
        if not reached:
            return False
    return len(second) in reached


def _closed(states: set[int], atoms: Atoms, star: str) -> set[int]:
    """Add the states behind stars."""
    closed = set(states)
    for state in sorted(states):
        follower = state
        while follower < len(atoms) and atoms[follower] == star:
            follower += 1
            closed.add(follower)
    return closed
