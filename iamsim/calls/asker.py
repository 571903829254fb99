"""One call while its questions are worked out: where it goes, what is asked so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.calls.arns import Place, Resource, resources_of
from iamsim.calls.context_keys import keys_from
from iamsim.calls.model import ALWAYS, Call, ContextValue, Reading, Requested

if TYPE_CHECKING:
    from iamsim.calls.data import Asks, Operation, Service

# Services with one endpoint for all Regions, and the Region that aws:RequestedRegion names:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL = {
    **dict.fromkeys(
        (
            "account",
            "budgets",
            "ce",
            "chatbot",
            "cloudfront",
            "cloudfront-keyvaluestore",
            "cur",
            "health",
            "iam",
            "importexport",
            "organizations",
            "pricing",
            "route53",
            "route53-recovery-cluster",
            "route53-recovery-control-config",
            "route53-recovery-readiness",
            "route53domains",
            "savingsplans",
            "shield",
            "support",
            "trustedadvisor",
            "waf",
        ),
        "us-east-1",
    ),
    "globalaccelerator": "us-west-2",
    "networkmanager": "us-west-2",
}
PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"))


def partition_of(region: str | None) -> str:
    """Name the partition of a Region."""
    for start, partition in PARTITIONS:
        if (region or "").startswith(start):
            return partition
    return "aws"


class Asker:
    """Collects the questions of one call."""

    def __init__(self, call: Call, service: Service, operation: Operation) -> None:
        """Take the call with the facts about its service and operation."""
        self.call = call
        self.service = service
        self.operation = operation
        self.parameters = dict(call.parameters)
        self.place = Place(partition_of(call.region), call.region, call.account)
        self.reading = Reading(
            notes=list(call.notes), service=service.name, operation=operation.name
        )
        self.common: dict[str, ContextValue] = {}
        region = GLOBAL.get(service.name, call.region)
        if region is not None:
            self.common["aws:RequestedRegion"] = region

    def get(self, name: str) -> Any:  # noqa: ANN401 - parameters are JSON
        """Give the value of a member; None where it is not given."""
        return self.parameters.get(name)

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """Write an ARN of this call's account and Region."""
        where = (self.place.region or "*") if region else ""
        who = (self.place.account or "*") if account else ""
        return f"arn:{self.place.partition}:{service}:{where}:{who}:{resource}"

    def note(self, text: str) -> None:
        """Say something about the call."""
        if text not in self.reading.notes:
            self.reading.notes.append(text)

    def ask(
        self,
        action: str,
        *resources: Resource | str,
        context: Mapping[str, ContextValue] | None = None,
        unknown: Iterable[str] = (),
        needed: str = ALWAYS,
        because: str = "",
        via: str | None = None,
        keys: bool = True,
    ) -> list[Requested]:
        """Add a question for each resource, with the keys that the parameters tell."""
        added = []
        facts = catalog.find_action(action)
        if facts is not None:
            action = facts.full_name
        for resource in resources or (Resource("*"),):
            if isinstance(resource, str):
                resource = Resource(resource, "*" not in resource or resource == "*")  # noqa: PLW2901
            fixed = resource.arn.rpartition(":")[0].count("*") == 0 and resource.literal
            whole = "*" not in resource.arn or resource.arn == "*"
            known = fixed or (resource.known and whole)
            found = keys_from(facts, resource.type_name, self.parameters) if facts and keys else {}
            not_told = [*unknown, *(key for key, value in found.items() if value is None)]
            told = {key: value for key, value in found.items() if value is not None}
            requested = Requested(
                action,
                resource.arn,
                {**self.common, **told, **(context or {})},
                ([] if known else ["resource"]) + list(dict.fromkeys(not_told)),
                {} if via is None else {"service": [via]},
                needed,
                because or f"{self.service.name}:{self.operation.name}",
            )
            same = self._same(requested)
            if same is None:
                self.reading.asked.append(requested)
                added.append(requested)
            elif same.needed != ALWAYS and needed == ALWAYS:
                same.needed = ALWAYS
        return added

    def _same(self, requested: Requested) -> Requested | None:
        for other in self.reading.asked:
            if (other.action, other.resource, other.via) == (
                requested.action,
                requested.resource,
                requested.via,
            ):
                return other
        return None

    def ask_named(self, asks: Asks, **more: Any) -> list[Requested]:  # noqa: ANN401 - of `ask`
        """Ask an action on the resources that the parameters name."""
        facts = catalog.find_action(asks.action)
        if facts is None:
            return self.ask(asks.action, Resource("*", known=False), **more)
        resources = resources_of(facts, asks, self.parameters, self.place, self.operation.name)
        return self.ask(asks.action, *resources, **more)

    def ask_all(self) -> None:
        """Ask what the table says of the operation."""
        for asks in self.operation.asks:
            self.ask_named(asks)
