"""The actions that there are, the resources on which they act, and an example of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.proofs.formats import action_formats
from iamsim.proofs.texts import find_text, fits
from iamsim.symbolic.actions import all_actions

if TYPE_CHECKING:
    from iamsim.proofs.budget import Budget
    from iamsim.proofs.globs import Glob
    from iamsim.proofs.search import Place

__all__ = ["ActionSpace"]

USUAL_REGIONS = ("us-east-1", "eu-west-1")
USUAL_ACCOUNTS = ("111122223333", "444455556666")


class ActionSpace:
    """All actions, with the resources that the formats of their resource types describe."""

    def __init__(self) -> None:
        """Take the catalog as it is."""
        self.universe = all_actions()

    def number(self, action: str) -> int:
        """The bit of an action."""
        number = self.universe.number(action)
        if number is None:
            raise KeyError(action)
        return number

    def find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find an action and a resource on which it acts."""
        if find_text(place.groups, place.avoided, budget) is None:
            return None
        tried: set[tuple[Glob, ...]] = set()
        for number in self.universe.numbers(place.actions):
            action = self.universe.names[number]
            formats = action_formats(action)
            if formats in tried:
                continue
            tried.add(formats)
            text = find_resource((*place.groups, formats), place.avoided, budget)
            if text is not None:
                return action, text
        return None


def find_resource(
    groups: tuple[tuple[Glob, ...], ...], avoided: tuple[Glob, ...], budget: Budget
) -> str | None:
    """Find a resource; of those that will do one with a Region and an account that read well."""
    found = find_text(groups, avoided, budget)
    if found is None or found.count(":") < 5:  # noqa: PLR2004 - the parts of an ARN
        return found
    parts = found.split(":", 5)
    for region in USUAL_REGIONS if parts[3] else ("",):
        for account in (*USUAL_ACCOUNTS, parts[4]) if parts[4] else ("",):
            better = ":".join((*parts[:3], region, account, parts[5]))
            if _will_do(better, groups, avoided):
                return better
    return found


def _will_do(text: str, groups: tuple[tuple[Glob, ...], ...], avoided: tuple[Glob, ...]) -> bool:
    """Whether a text fits all groups and avoids the rest."""
    return all(
        any(fits(glob.widened if glob.is_open else glob, text) for glob in group)
        for group in groups
    ) and not any(fits(glob, text) for glob in avoided if not glob.is_open)
