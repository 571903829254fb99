"""One resource of a template at hand: its properties as plain values, and remarks about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.cloudformation.functions import as_text
from iamsim.importers.reach import reach_of
from iamsim.importers.unknown import Unknown, find_unknown, marker, settle_document

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.naming import Identity
    from iamsim.importers.cloudformation.stack import Stack
    from iamsim.importers.draft import Draft, Record, Severity
    from iamsim.importers.resource_kinds import Scope

NUMBERS = frozenset({"MaxSessionDuration"})  # the only texts that are numbers


def _fits(value: object, name: str) -> bool:
    """Whether a value is what a property that is a text can have: CloudFormation reads a number as
    its digits, but no name or ARN is one; the id of an account may be written so."""
    if isinstance(value, int) and not isinstance(value, bool):
        return name in NUMBERS or is_account_id(str(value))
    return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class Reading:
    """A resource of a stack, being put into a draft."""

    stack: Stack
    draft: Draft
    logical_id: str
    properties: dict[str, object]
    prefix: str = ""

    @property
    def scope(self) -> Scope:
        """The partition, region and account of the stack."""
        return self.stack.environment.scope

    @property
    def account(self) -> str:
        """The id of the stack's account."""
        return self.stack.environment.account

    @property
    def identity(self) -> Identity:
        """What the resource is called; only for kinds in the table of kinds."""
        identity = self.stack.identity(self.logical_id)
        if identity is None:
            raise LookupError(self.logical_id)
        return identity

    @property
    def place(self) -> str:
        """The path of the resource in its template."""
        return f"{self.prefix}Resources.{self.logical_id}"

    def remark(self, code: str, message: str, severity: Severity = "unknown") -> None:
        """Note something about the resource."""
        self.draft.remark(code, message, self.place, severity)

    def text(self, name: str, within: object = None) -> str | None:
        """Give a property that is a text; one that is not known makes a remark."""
        properties = self.properties if within is None else within
        value = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(value, Unknown):
            self.remark("unknown-value", f"{quote(name)} depends on {value.why}")
            if "`Ref" in value.why:  # it names nothing at all
                self.misfit(name)
        elif isinstance(properties, dict) and name in properties and not _fits(value, name):
            self.misfit(name)
        return as_text(value)

    def owner(self, name: str) -> str | None:
        """Give a property that names what a resource is attached to; where that is not known, it
        may be attached to all that the template makes."""
        self._doubt_owners(name)
        return self.text(name)

    def owners(self, name: str) -> list[str]:
        """Give a property that names all that a resource is attached to."""
        self._doubt_owners(name)
        return self.texts(name)

    def _doubt_owners(self, name: str) -> None:
        unknown = find_unknown(self.properties.get(name))
        if unknown is not None:
            self.doubt(f"what {quote(self.logical_id)} is attached to depends on {unknown.why}")

    def misfit(self, name: str) -> None:
        """Note a property that is not as its type has it: what it names may be anything here."""
        self.draft.unreadable(f"{quote(name)} is not as its type has it", self.place)
        self.doubt(f"{quote(name)} of {quote(self.logical_id)} in the template can't be read")

    def missing(self, *names: str) -> None:
        """Note properties without which CloudFormation refuses the type: they were lost."""
        shown = " and ".join(map(quote, names))
        self.draft.unreadable(f"{shown} says nothing", self.place)
        self.doubt(f"{shown} of {quote(self.logical_id)} says nothing in the template")

    def doubt(self, why: str, *documents: dict[str, object]) -> None:
        """Say that what the resource says, or these documents, may hold for all it bears on."""
        kind = self.stack.resources[self.logical_id].get("Type")
        reach = reach_of(kind, self.properties, self.logical_id)
        self.draft.doubt(why, reach._replace(policies=documents or reach.policies))

    def boundary(self, name: str) -> object:
        """Give a permissions boundary; one that is not known is marked."""
        value = self.properties.get(name)
        if not isinstance(value, Unknown):
            return self.text(name)
        self.remark("unknown-value", f"{quote(name)} depends on {value.why}")
        return marker(f"it depends on {value.why}", value.why)

    def texts(self, name: str, within: object = None) -> list[str]:
        """Give a property that is a list of texts, without those that are not known."""
        properties = self.properties if within is None else within
        value = properties.get(name) if isinstance(properties, dict) else None
        found = []
        there = isinstance(properties, dict) and name in properties
        if there and (isinstance(value, int | float | dict) or value is None):
            self.misfit(name)
        for item in value if isinstance(value, list) else [value]:
            text = as_text(item)
            if isinstance(item, Unknown):
                self.remark("unknown-value", f"{quote(name)} depends on {item.why}")
                self.draft.lose(f"{quote(name)} depends on {item.why}")
                if "`Ref" in item.why:  # it names nothing at all
                    self.misfit(name)
            elif text is not None and isinstance(item, str):
                found.append(text)
            elif there:
                self.misfit(name)
        return found

    def references(self, name: str) -> list[object]:
        """Give a property that names things, in which those that are not known are marked."""
        value = self.properties.get(name)
        items = value if isinstance(value, list) else [value]
        marked = [
            marker(f"it depends on {item.why}", item.why)
            for item in items
            if isinstance(item, Unknown)
        ]
        return [*self.texts(name), *marked]

    def records(self, name: str) -> list[dict[str, object]]:
        """Give a property that is a list of maps."""
        value = self.properties.get(name)
        if isinstance(value, Unknown):
            self.remark("unknown-value", f"{quote(name)} depends on {value.why}")
        listed = value if isinstance(value, list) else []
        found = [item for item in listed if isinstance(item, dict)]
        unsure = [item for item in listed if isinstance(item, Unknown)]
        if len(found) + len(unsure) < len(listed) or not isinstance(value, list | Unknown | None):
            self.misfit(name)
        return found

    def document(self, value: object, what: str) -> dict[str, object] | None:
        """Make a policy document of what is known of it; `None` says nothing."""
        if value is None:
            return None
        found = settle_document(
            value, lambda code, message: self.remark(code, f"{what}: {message}")
        )
        text = self.stack.text
        place = None if text is None else text.place(value, self.logical_id, self.properties)
        self.draft.places.put(found, place)
        return found

    def tags(self, record: Record) -> None:
        """Set the tags of a record: a list of `Key` and `Value`, or a map."""
        value = self.properties.get("Tags")
        unknown = find_unknown(value)
        if unknown is not None:
            self.remark("unknown-value", f"`Tags` depend on {unknown.why}")
        listed = value
        if isinstance(value, dict):
            listed = [{"Key": key, "Value": item} for key, item in value.items()]
        pairs: dict[str, object] = {}
        for item in listed if isinstance(listed, list) else ():
            key = as_text(item.get("Key")) if isinstance(item, dict) else None
            text = as_text(item.get("Value")) if isinstance(item, dict) else None
            if isinstance(item, dict) and isinstance(item.get("Value"), Unknown):
                why = item["Value"].why
                pairs[key or ""] = marker(f"it depends on {why}", why)
            elif key is not None and text is not None:
                pairs[key] = text
        lost = listed is not None and (not isinstance(listed, list) or len(pairs) < len(listed))
        if lost or "" in pairs:
            why = "not all of the tags are known"
            record.set("tags", marker(why, self.place), self.place)
        else:
            record.tags(pairs, self.place)
