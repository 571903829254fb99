"""`aws_iam_policy_document`: the policy that its blocks amount to, where a plan has no text yet.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.suggest import did_you_mean
from iamsim.importers.salvage import UniqueKeys
from iamsim.importers.terraform.addresses import full_references, parse_steps
from iamsim.importers.terraform.configuration import part
from iamsim.importers.unknown import Unknown, find_unknown

if TYPE_CHECKING:
    from iamsim.importers.terraform.instances import Instance
    from iamsim.importers.terraform.resolving import Context, Plan

Json = dict[str, object]
# What lies below a resource: a plan that names the ARN alone may mean this as well.
BELOW = {
    "aws_cloudwatch_log_group": ":*",
    "aws_dynamodb_table": "/*",
    "aws_lambda_function": ":*",
    "aws_s3_bucket": "/*",
}
ELEMENTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
CONDITIONS = "condition"
PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
# What Terraform takes in a document and in its blocks: with another name it refuses all of it.
DOCUMENT = frozenset(
    (
        *("id", "json", "minified_json", "override_json", "override_policy_documents"),
        *("policy_id", "source_json", "source_policy_documents", "statement", "version"),
    )
)
STATEMENT = frozenset(
    ("sid", "effect", CONDITIONS, *(name for name, _ in (*ELEMENTS, *PRINCIPALS)))
)
CONDITION = frozenset(("test", "variable", "values"))
PRINCIPAL = frozenset(("type", "identifiers"))


class Stated(dict[str, object]):
    """A statement that a block of a document states: of which instance, and the how manieth."""

    __slots__ = ("instance", "number")

    @classmethod
    def of(cls, statement: Json, instance: Instance, number: int) -> Stated:
        """Say where a statement is from."""
        stated = cls(statement)
        stated.instance, stated.number = instance, number
        return stated

    instance: Instance
    number: int


class Guess(str):
    """An entry that stands for an expression of which a plan tells the reference alone."""

    __slots__ = ()


def render_document(plan: Plan, instance: Instance) -> Json | Unknown:
    """Write the document; parts that can't be known are `Unknown`.

    An entry of `resources` that the plan holds only as a reference to an ARN stands as `Guess`:
    the ARN, and what is below it.
    """
    version = instance.values.get("version")
    merged: Json = {"Version": version if isinstance(version, str) else "2012-10-17"}
    policy_id = instance.values.get("policy_id")
    if isinstance(policy_id, str) and policy_id:
        merged["Id"] = policy_id
    foreign = _foreign(instance.values, DOCUMENT) if instance.span is not None else None
    statements: list[object] = [] if foreign is None else [foreign]
    for source in _documents(plan, instance, "source_policy_documents", "source_json"):
        _merge(statements, source)
    _merge(statements, {"Statement": list(_statements(plan, instance))})
    for override in _documents(plan, instance, "override_policy_documents", "override_json"):
        _merge(statements, override)
    merged["Statement"] = statements
    return merged


def _merge(statements: list[object], document: object) -> None:
    """Add statements; one whose `Sid` is there already takes its place."""
    found = document.get("Statement") if isinstance(document, dict) else document
    for statement in found if isinstance(found, list) else [found]:
        sid = statement.get("Sid") if isinstance(statement, dict) else None
        for index, known in enumerate(statements if sid else ()):
            if isinstance(known, dict) and known.get("Sid") == sid:
                statements[index] = statement
                break
        else:
            if statement is not None:
                statements.append(statement)


def _documents(plan: Plan, instance: Instance, *names: str) -> Iterator[object]:
    """Give the documents that a document takes in; one that is not known is an `Unknown`."""
    for name in names:
        value = instance.values.get(name)
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        unknown = find_unknown(values)
        if unknown is not None and instance.span is None:
            yield from _referenced(plan, instance, name)
            continue
        stated = _stated(instance, name)
        for number, text in enumerate(values):
            if number in stated:
                yield stated[number]
            elif isinstance(text, str) and text:
                yield _parse(text)
            elif isinstance(text, dict | Unknown):
                yield text


def _stated(instance: Instance, name: str) -> dict[int, Json]:
    """Give the documents of a list of which a configuration knows the blocks, by their number."""
    written: Callable[[str], object] | None = getattr(instance.values, "written", None)
    value = None if written is None else written(name)  # of a configuration
    found: dict[int, Json] = {}
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        document = getattr(item, "value", item)  # of what is encoded
        if isinstance(document, dict) and any(
            isinstance(entry, Stated) for entry in document.get("Statement", ())
        ):
            found[number] = document
    return found


def _referenced(plan: Plan, instance: Instance, name: str) -> Iterator[object]:
    """Follow the references of a list of documents: each is meant once, in their order."""
    expression = plan.configuration.expression(instance.address, name)
    references = full_references(part(expression, "references"))
    if not references:
        yield Unknown(f"`{instance.text}.{name}`")
    context = plan.context(instance)
    for reference in references:
        if not plan.may_be(reference, context):
            continue
        found = plan.resolve(reference, context, "policy")
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, str) and item:
                yield _parse(item)
            elif isinstance(item, dict | Unknown):
                yield item


def _parse(text: str) -> object:
    try:
        found: object = UniqueKeys().decoder.decode(text)
    except (ValueError, RecursionError):
        return Unknown("a policy document that is not JSON")
    return found if isinstance(found, dict) else Unknown("a policy document that is no object")


def _statements(plan: Plan, instance: Instance) -> Iterator[Json | Unknown]:
    """Write the statements of the blocks."""
    blocks = instance.values.get("statement")
    if isinstance(blocks, Unknown):
        yield blocks
    context = plan.context(instance)
    for number, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if not isinstance(block, dict):
            lost = Unknown(f"`{instance.text}.statement`")
            yield block if isinstance(block, Unknown) else lost
            continue
        expression = part(plan.configuration.expression(instance.address, "statement"), number)
        statement = _Block(plan, context, block, expression).statement()
        yield (
            statement if isinstance(statement, Unknown) else Stated.of(statement, instance, number)
        )


class _Block:
    """One statement block with its expressions."""

    def __init__(self, plan: Plan, context: Context, block: Json, expression: object) -> None:
        self.plan = plan
        self.context = context
        self.block = block
        self.expression = expression

    def statement(self) -> Json | Unknown:
        """Write the statement."""
        block = self.block
        foreign = _foreign(block, STATEMENT)
        if foreign is not None:
            return foreign
        written: Json = {}
        if block.get("sid"):
            written["Sid"] = block["sid"]
        effect = block.get("effect")
        written["Effect"] = "Allow" if effect is None else effect
        for name, element in PRINCIPALS:
            principals = self.principals(name)
            if principals is not None:
                written[element] = principals
        for name, element in ELEMENTS:
            values = self.values(block.get(name), part(self.expression, name), below=True)
            if values:
                written[element] = _scalar(values)
        conditions = self.conditions()
        if conditions:
            written["Condition"] = conditions
        return written

    def principals(self, name: str) -> object:
        """Write the principals: by type, or everyone."""
        blocks = self.block.get(name)
        if isinstance(blocks, Unknown):
            return blocks
        by_type: dict[str, list[object]] = {}
        for number, block in enumerate(blocks if isinstance(blocks, list) else ()):
            expression = part(part(self.expression, name), number)
            foreign = _foreign(block, PRINCIPAL)
            if foreign is not None:
                return foreign
            kind = part(block, "type")
            values = self.values(part(block, "identifiers"), part(expression, "identifiers"))
            if not isinstance(kind, str):
                return kind if isinstance(kind, Unknown) else Unknown(f"`{name}`")
            if kind == "*":
                return "*"
            by_type[kind] = by_type.get(kind, []) + values
        return {kind: _scalar(values) for kind, values in by_type.items()} or None

    def conditions(self) -> object:
        """Write the conditions: by operator and key."""
        blocks = self.block.get("condition")
        if isinstance(blocks, Unknown):
            return blocks
        written: dict[str, dict[str, object]] = {}
        for number, block in enumerate(blocks if isinstance(blocks, list) else ()):
            expression = part(part(self.expression, "condition"), number)
            foreign = _foreign(block, CONDITION)
            if foreign is not None:
                return foreign
            operator, key = part(block, "test"), part(block, "variable")
            if not isinstance(operator, str) or not isinstance(key, str):
                return Unknown("a condition of which test or variable is not known")
            values = self.values(part(block, "values"), part(expression, "values"))
            known = written.setdefault(operator, {}).get(key)
            earlier = known if isinstance(known, list) else [] if known is None else [known]
            written[operator][key] = _scalar([*earlier, *values])
        return written

    def values(self, value: object, expression: object, *, below: bool = False) -> list[object]:
        """Give the entries of a list; unknown ones are looked for among its references."""
        items = value if isinstance(value, list) else [] if value is None else [value]
        known = [_variables(item) for item in items if not isinstance(item, Unknown)]
        missing = [item for item in items if isinstance(item, Unknown)]
        if not missing:
            return known
        found: list[object] = []
        references = full_references(part(expression, "references"))
        for reference in references:
            if self.plan.is_planned(reference, self.context):
                continue  # its value stands in the list already
            entry = self.plan.resolve(reference, self.context, "arn")
            suffix = BELOW.get(str(parse_steps(reference)[0])) if below else None
            for element in entry if isinstance(entry, list) else [entry]:
                if isinstance(element, str):
                    found.append(Guess(element))
                    found += [] if suffix is None else [Guess(element + suffix)]
        if not found:
            shown = " and ".join(f"`{reference}`" for reference in references)
            return [*known, Unknown(shown) if references else missing[0]]
        return known + found


def _foreign(block: object, names: AbstractSet[str]) -> Unknown | None:
    """What a block says under a name that it does not have: it is not known what was meant."""
    if not isinstance(block, Mapping):
        return None
    foreign = next((str(name) for name in block if name not in names), None)
    if foreign is None:
        return None
    hint = did_you_mean(foreign, names)
    return Unknown(f"{quote(foreign)}, which there is not{f' ({hint})' if hint else ''}")


def _variables(item: object) -> object:
    """Write policy variables as policies do: Terraform's ``&{...}`` stands for ``${...}``."""
    return item.replace("&{", "${") if isinstance(item, str) else item


def _scalar(values: list[object]) -> object:
    return values[0] if len(values) == 1 else values
