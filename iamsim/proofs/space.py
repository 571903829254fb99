"""The actions that there are, the resources on which they act, and an example of both."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog.lifelike import lifelike_arn
from iamsim.proofs.budget import Budget
from iamsim.proofs.formats import action_formats, partitions_of
from iamsim.proofs.texts import find_text, will_do
from iamsim.symbolic.actions import all_actions

if TYPE_CHECKING:
    from iamsim.proofs.globs import Glob
    from iamsim.proofs.search import Place

USUAL_REGIONS = ("us-east-1", "eu-west-1")
USUAL_ACCOUNTS = ("111122223333", "444455556666")


class ActionSpace:
    """All actions, with the resources that the formats of their resource types describe."""

    def __init__(self) -> None:
        """Take the catalog as it is."""
        self.universe = all_actions()
        self._found: dict[Place, tuple[str, str] | None] = {}

    def number(self, action: str) -> int:
        """The bit of an action."""
        number = self.universe.number(action)
        if number is None:
            raise KeyError(action)
        return number

    def find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find an action and a resource on which it acts: one that would come to mind, or any;
        remembered."""
        if place not in self._found:
            self._found[place] = self._find(place, budget)
        return self._found[place]

    def _find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        tried: set[tuple[Glob, ...]] = set()
        said = (glob for group in (*place.groups, place.avoided) for glob in group)
        partitions = partitions_of(said)
        for number in self.universe.listed_first(place.actions):
            action = self.universe.names[number]
            formats = action_formats(action, partitions=partitions)
            if formats in tried:
                continue
            usual = _usual(formats)
            if usual is not None and will_do(usual, place.groups, place.avoided):
                return action, usual
            text = find_resource((*place.groups, formats), place.avoided, budget)
            if text is not None:
                return action, text
            if not tried and find_text(place.groups, place.avoided, budget) is None:
                return None
            tried.add(formats)
        return None


@lru_cache(maxsize=20_000)
def _usual(formats: tuple[Glob, ...]) -> str | None:
    """A resource of some formats, whatever policies say."""
    return find_resource((formats,), (), Budget())


def find_resource(
    groups: tuple[tuple[Glob, ...], ...], avoided: tuple[Glob, ...], budget: Budget
) -> str | None:
    """Find a resource; of those that will do one with a Region, an account and a name that there
    could be."""
    resource = find_text(groups, avoided, budget)
    if resource is None or resource.count(":") < 5:  # noqa: PLR2004 - the parts of an ARN
        return resource
    parts = resource.split(":", 5)
    for region in USUAL_REGIONS if parts[3] else ("",):
        for account in (*USUAL_ACCOUNTS, parts[4]) if parts[4] else ("",):
            better = ":".join((*parts[:3], region, account, parts[5]))
            if will_do(better, groups, avoided):
                named = lifelike_arn(better)
                return named if named != better and will_do(named, groups, avoided) else better
    return resource
