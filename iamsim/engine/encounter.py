"""Who meets what: all that the choice of a relation depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple

if TYPE_CHECKING:
    from iamsim.catalog.rules import ActionRules
    from iamsim.core.request import Caller
    from iamsim.engine.relations import ResourceKind
    from iamsim.engine.standing import Standing


class Encounter(NamedTuple):
    """A caller before a resource, with one action.

    `rules` are what AWS's pages say of the action, `principal` is the service's own. `objects` name
    the kinds of fixed objects that the resource is one of. `standing` and `owner` are the parts
    that the caller's and the resource's accounts have in the organization; `with_policy` says
    whether there is a resource-based policy, `shared` whether its owner shares the resource with
    the caller's account for such calls.
    """

    caller: Caller
    action: str
    rules: ActionRules
    principal: str
    kind: ResourceKind
    objects: frozenset[str]
    same_account: bool
    same_partition: bool
    standing: Standing
    owner: Standing
    with_policy: bool
    shared: bool = False

    @property
    def service(self) -> str:
        """The prefix of the action."""
        return self.action.partition(":")[0]
