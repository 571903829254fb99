"""Properties under names that are one slip of the keyboard away from those that readers ask for.

CloudFormation refuses a property that a type does not have, and so does Terraform, and AWS prints
none: where a file has one, what the property of the real name should say was lost.
"""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.catalog.resource_types import attaches_nothing, bears_on_access
from iamsim.core.caret import quote
from iamsim.core.slips import is_slip
from iamsim.core.suggest import AMONG_MANY, did_you_mean
from iamsim.importers.unknown import Unknown

SHORTEST = 4  # letters: shorter names are a slip away from others that are meant


class Misspelt(Unknown):
    """What a property says that stands under another name."""

    __slots__ = ()


def find_misspelt(name: str, written: Iterable[str]) -> Misspelt | None:
    """What a property says that is not there, where a slip of its name is; else `None`."""
    if len(name) < SHORTEST:
        return None
    slip = next((text for text in written if len(text) >= SHORTEST and is_slip(text, [name])), None)
    return None if slip is None else Misspelt(f"{quote(slip)}, which may be {quote(name)} misspelt")


class Properties(dict[str, object]):
    """What a resource of a template or a plan says, or a record of an output of AWS: a property
    that is not there is not known where a slip of its name is."""

    __slots__ = ()

    def get(self, key: str, default: object = None, /) -> object:
        """Give what a property says."""
        if key in self:
            return self[key]
        unknown = find_misspelt(key, self)
        return default if unknown is None else unknown


def misspelt_setting(settings: object, names: Iterable[str]) -> Misspelt | None:
    """What one of some settings says, of which the names are written without underscores, where it
    is not there in what a resource of a template or a plan says, and a slip of its name is."""
    if not isinstance(settings, Properties):
        return None
    written = {key.replace("_", "").lower() for key in settings}
    missing = (name for name in names if name not in written)
    return next(filter(None, (find_misspelt(name, written) for name in missing)), None)


def doubted_type(kind: str, read: Iterable[str]) -> tuple[str, str] | None:
    """Why it is not known what a resource of a type says that nobody reads, and the type by which
    it bears on others: that of which its own is a slip, or one of these services."""
    if attaches_nothing(kind):
        return None
    names = list(read)
    meant = next((name for name in names if is_slip(kind, [name])), None)
    if meant is not None:
        return meant, f"{quote(kind)}, which may be {quote(meant)} misspelt"
    if not bears_on_access(kind):
        return None
    hint = did_you_mean(kind, names, AMONG_MANY)
    return kind, f"{quote(kind)}, which no reader takes{f' ({hint})' if hint else ''}"
