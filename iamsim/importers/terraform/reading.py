"""One resource instance at hand: its attributes as plain values, and remarks about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.doubts import maybe_there
from iamsim.importers.misspelt import Misspelt, Properties
from iamsim.importers.reach import reach_of
from iamsim.importers.terraform.choices import dig
from iamsim.importers.terraform.configuration import part
from iamsim.importers.terraform.documents import Guess
from iamsim.importers.terraform.hcl.policies import place_of_policy
from iamsim.importers.unknown import Unknown, find_unknown, mark_of, marked, marker, settle_document

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record, Severity
    from iamsim.importers.resource_kinds import Scope
    from iamsim.importers.terraform.instances import Instance
    from iamsim.importers.terraform.resolving import Plan

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Reading:
    """An instance of a plan or a state, being put into a draft."""

    plan: Plan
    draft: Draft
    instance: Instance

    @property
    def scope(self) -> Scope:
        """The partition, region and account of the instance."""
        return self.plan.scope(self.instance)

    @property
    def account(self) -> str:
        """The id of its account."""
        return self.scope.account

    @property
    def place(self) -> str:
        """The address of the instance, of a configuration with the line."""
        span = self.instance.span
        return self.instance.text if span is None else f"line {span.line}: {self.instance.text}"

    @property
    def name(self) -> str:
        """The name of the instance; one that AWS makes is made of its address."""
        return self.plan.name(self.instance)

    @property
    def arn(self) -> str:
        """The ARN of the instance; only for kinds in the table of kinds."""
        arn = self.plan.arn(self.instance)
        if arn is None:
            raise LookupError(self.instance.text)
        return arn

    def remark(self, code: str, message: str, severity: Severity = "unknown") -> None:
        """Note something about the instance."""
        self.draft.remark(code, message, self.place, severity)

    def doubt(self, why: str, kind: str | None = None) -> None:
        """Say that what the instance says is lost, to all that it may be attached to by its type,
        or by another `kind`."""
        reach = reach_of(kind or self.instance.type, marked(dict(self.instance.values)))
        own = self.draft.source
        for source in self.plan.sources or (own,):
            self.draft.source = source
            self.draft.doubt(why, reach)
        self.draft.source = own

    def owner(self, name: str) -> str | None:
        """Give the attribute that names what an instance is attached to, which all of them have;
        where that is not known, it may be attached to all."""
        found = self.text(name)
        if found is None:
            value = self.value(name)
            if not isinstance(value, Unknown):
                self.remark("record-not-readable", f"{quote(name)} is not there")
                value = Unknown(f"{quote(name)}, which is not there")
            self.doubt(f"what {quote(self.place)} is attached to depends on {value.why}")
        return found

    def lost(self, name: str) -> Json:
        """Mark an attribute without which there is no instance: it was lost."""
        why = f"{quote(name)} of {quote(self.place)} is not there"
        self.remark("record-not-readable", why)
        return marker(why, self.place)

    def doubt_entries(self, name: str) -> None:
        """Where entries of an attribute that names owners are not known, doubt all of them."""
        unknown = find_unknown(self.value(name))
        if unknown is not None:
            self.doubt(f"what {quote(self.place)} is attached to depends on {unknown.why}")

    def unless_removed(self, document: Json | None, removed: bool | Unknown) -> Json | None:
        """Give a policy that the plan may take away: `None` where it does."""
        if isinstance(removed, Unknown) and document is not None:
            return self.maybe(document, removed)
        return None if removed is True else document

    def maybe(self, policy: Json | str, removed: Unknown) -> Json:
        """Give a policy, or that of an ARN, of which it is not known whether the plan takes it
        away: all that it says, on a condition that is not known either."""
        self.remark("unknown-value", f"whether all of its policies stay depends on {removed.why}")
        return maybe_there(policy, marker(removed.why, self.place), self.draft)

    def value(self, name: str) -> object:
        """Give an attribute; `None` for one that nobody set and that AWS will."""
        known = len(self.plan.guesses)
        value = self.plan.attribute(self.instance, name)
        for guess in self.plan.guesses[known:]:
            self.remark("taken-from-reference", f"{quote(name)} is {guess}")
        if (
            isinstance(value, Unknown)
            and not isinstance(value, Misspelt)
            and self.is_computed(name)
        ):
            return None
        return value

    def settled(self, name: str) -> object:
        """Give an attribute with what blocks in it refer to."""
        value = self.value(name)
        if not isinstance(value, list | dict) or find_unknown(value) is None:
            return value
        known = len(self.plan.guesses)
        expression = self.plan.configuration.expression(self.instance.address, name)
        found = self._settle(value, expression, name)
        for guess in self.plan.guesses[known:]:
            self.remark("taken-from-reference", f"{quote(name)} has {guess}")
        return found

    def _settle(self, value: object, expression: object, wanted: str) -> object:
        if isinstance(value, Unknown):
            context = self.plan.context(self.instance)
            found = self.plan.evaluate(expression, context, wanted)
            return value if found is None else found
        if isinstance(value, dict):
            return {
                key: self._settle(member, part(expression, key), key)
                for key, member in value.items()
            }
        if isinstance(value, list):
            return [
                self._settle(entry, part(expression, index), wanted)
                for index, entry in enumerate(value)
            ]
        return value

    def is_computed(self, name: str) -> bool:
        """Say whether the configuration leaves an attribute to AWS."""
        configuration = self.plan.configuration
        if configuration.resource(self.instance.address) is None:
            return name in _COMPUTED
        if configuration.expression(self.instance.address, name) is not None:
            return False
        kind = self.instance.type
        is_needed = "polic" in name and kind.endswith("_policy")
        return not (is_needed or (kind.startswith("aws_iam_") and name in _NEEDED))

    def text(self, name: str) -> str | None:
        """Give an attribute that is a text; one that is not known makes a remark."""
        value = self.value(name)
        if isinstance(value, Unknown):
            self.remark("unknown-value", f"{quote(name)} depends on {value.why}")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value if isinstance(value, str) and value else None

    def flag(self, name: str) -> bool | None:
        """Give an attribute that is true or false."""
        value = self.value(name)
        return value if isinstance(value, bool) else None

    def boundary(self, name: str) -> object:
        """Give a permissions boundary; one that is not known is marked."""
        value = self.value(name)
        if not isinstance(value, Unknown):
            return self.text(name)
        self.remark("unknown-value", f"{quote(name)} depends on {value.why}")
        return mark_of(value)

    def texts(self, name: str) -> list[str]:
        """Give an attribute that is a list of texts, without those that are not known."""
        value = self.value(name)
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, Unknown) for item in items):
            known = [item for item in items if not isinstance(item, Unknown)]
            items = known + (self.plan.referenced(self.instance, name) or items)
        found: dict[str, None] = {}
        for item in items:
            for entry in item if isinstance(item, list) else [item]:
                if isinstance(entry, Unknown):
                    self.remark("unknown-value", f"{quote(name)} depends on {entry.why}")
                elif isinstance(entry, str):
                    found[entry] = None
        return list(found)

    def references(self, name: str) -> list[object]:
        """Give an attribute that names things, in which those that are not known are marked."""
        value = self.value(name)
        items = value if isinstance(value, list) else [value]
        unknown = [item for item in items if isinstance(item, Unknown)]
        if unknown:
            unknown = [
                item
                for item in self.plan.referenced(self.instance, name) or unknown
                if isinstance(item, Unknown)
            ]
        marked: list[object] = [mark_of(other_unknown) for other_unknown in unknown]
        named = self.texts(name)
        if self.instance.maybe is not None and named:
            return [*marked, mark_of(self.instance.maybe)]
        return [*named, *marked]

    def blocks(self, name: str) -> list[dict[str, object]]:
        """Give the blocks of a name."""
        return [block for _, block in self.numbered_blocks(name)]

    def numbered_blocks(self, name: str) -> list[tuple[int, dict[str, object]]]:
        """Give the blocks of a name with their numbers, which those that are not known have too."""
        value = self.value(name)
        items = value if isinstance(value, list) else [value]
        return [
            (number, Properties(item))
            for number, item in enumerate(items)
            if isinstance(item, dict)
        ]

    def document(
        self, value: object, what: str, path: Sequence[str | int]
    ) -> dict[str, object] | None:
        """Make a policy document of what is known of it; `None` says nothing. `path` leads to it
        from the attributes."""
        if value in (None, ""):
            return None
        found = settle_document(
            value, lambda code, message: self.remark(code, f"{what}: {message}")
        )
        guesses: dict[str, None] = {}
        plain = _plain(found, guesses)
        if self.instance.maybe is not None:
            plain = found = _doubted(plain, self.instance.maybe)
        if guesses:
            shown = ", ".join(f"`{guess}`" for guess in guesses)  # in full: they decide
            self.remark(
                "taken-from-reference",
                f"{what}: the plan has references in place of texts; they are taken to be {shown}",
            )
        document = plain if isinstance(plain, dict) else found
        self.draft.places.put(document, place_of_policy(self.instance, path))
        return document

    def dug(self, path: str) -> object:
        """Give an attribute, or what stands in one at a path such as `details.0.name`."""
        name, *steps = path.split(".")
        value = self.settled(name) if steps else self.plan.attribute(self.instance, name)
        return dig(value, [int(step) if step.isdigit() else step for step in steps])

    def policy(self, name: str = "policy") -> dict[str, object] | None:
        """Give an attribute that is a policy document."""
        if "." in name:
            steps = [int(step) if step.isdigit() else step for step in name.split(".")]
            return self.document(self.dug(name), quote(name), steps)
        value = self.value(name)
        if isinstance(value, str) and isinstance(self.instance.values.get(name), Unknown):
            # What is referred to is no document: plans do not hold the call around it.
            value = Unknown(self.plan.references_text(self.instance, name))
        return self.document(value, quote(name), (name,))

    def tags(self, record: Record) -> None:
        """Set the tags of a record, those of the provider among them."""
        for name in ("tags_all", "tags"):
            value = self.instance.values.get(name)
            if isinstance(value, Unknown):
                self.remark("unknown-value", f"`{name}` depends on {value.why}")
                record.set("tags", mark_of(value), self.place)
                return
            if isinstance(value, dict):
                unknown = [key for key, tag in value.items() if isinstance(tag, Unknown)]
                if unknown:
                    shown = ", ".join(map(quote, unknown))
                    self.remark("unknown-value", f"the tags {shown} are known after apply")
                tags = {
                    key: mark_of(tag) if isinstance(tag, Unknown) else tag
                    for key, tag in value.items()
                }
                record.tags(tags, self.place)
                return


def _doubted(document: object, maybe: Unknown) -> dict[str, object]:
    """A document of something that may not be there: no statement is certain to match."""
    doubt = {"Condition": mark_of(maybe)}
    if not isinstance(document, dict) or "Statement" not in document:
        return mark_of(maybe)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    doubted = [
        {**statement, **doubt}
        if isinstance(statement, dict) and "Effect" in statement
        else statement
        for statement in statements
    ]
    return {**document, "Statement": doubted}


# What AWS fills in for no type of IAM: a configuration without it is not all there.
_NEEDED = frozenset(
    (
        *("assume_role_policy", "group", "groups", "permissions_boundary", "policy_arn"),
        *("role", "roles", "user", "users"),
    )
)
# What AWS fills in when it is left out, of the types that are read.
_COMPUTED = (
    "arn",
    "bus_name",
    "path",
    "statement_id",
    "tags_all",
    "vpc_endpoint_type",
)


def _plain(value: object, guesses: dict[str, None]) -> object:
    """Make plain texts of guesses, and collect them."""
    if isinstance(value, dict):
        return {key: _plain(item, guesses) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, guesses) for item in value]
    if isinstance(value, Guess):
        guesses[str(value)] = None
        return str(value)
    return value
