"""Finding values that a plan does not hold, through what its configuration refers to.

An attribute that is known after apply only may be a plain reference to another resource, whose name
or ARN follows from what is planned. What can't be followed is an `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.resource_types import ResourceType, find_terraform_type
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.importers.misspelt import find_misspelt
from iamsim.importers.resource_kinds import (
    Scope,
    arn_of,
    known_type,
    name_like,
    part_named,
    reference_of,
    url_suffix,
)
from iamsim.importers.terraform.addresses import (
    Key,
    ModulePath,
    Step,
    full_references,
    is_index,
    parse_steps,
)
from iamsim.importers.terraform.choices import (
    DOCUMENT,
    JSON_ATTRIBUTES,
    default_attribute,
    derived_attributes,
    dig,
    expression_text,
    same_id,
)
from iamsim.importers.terraform.configuration import Configuration, part
from iamsim.importers.terraform.index import InstanceIndex, resource_of
from iamsim.importers.terraform.removals import Removals
from iamsim.importers.terraform.scopes import Scopes
from iamsim.importers.unknown import Unknown, find_unknown

if TYPE_CHECKING:
    from iamsim.importers.options import SourceOptions
    from iamsim.importers.terraform.instances import Instance

MAX_DEPTH = 40
_LOOPS = ("each", "count")
_PLAIN = (["each"], ["count"], ["var"], ["local"], ["path"], ["terraform"])


class Context(NamedTuple):
    """Where an expression stands: its module, the key of its object, and what that loops over."""

    module: ModulePath = ()
    key: Key = None
    loop: object = None


class Plan:
    """The instances of a plan or a state, and the values of their attributes."""

    def __init__(
        self,
        data: Mapping[str, object],
        instances: dict[str, Instance],
        options: SourceOptions,
        render: Callable[[Plan, Instance], object],
    ) -> None:
        """Index the instances by what references call them; `render` writes policy documents."""
        self.render = render
        self.inline_of_unknown: set[str] = set()  # inline policies of roles that can't be told
        self.removals = Removals(data, planned=options.planned)
        self.instances = instances
        self.configuration = Configuration(dict(data))
        variables = data.get("variables")
        self.variables: dict[str, object] = variables if isinstance(variables, dict) else {}
        self.index = InstanceIndex(instances.values())
        self._depth = 0
        self.guesses: list[str] = []
        self.scopes = Scopes(self.configuration, instances.values(), self._root_value, options)

    def take(self, instances: dict[str, Instance]) -> None:
        """Take other instances: those of a configuration, once more of them is known."""
        self.instances = instances
        self.index = InstanceIndex(instances.values())

    @property
    def sources(self) -> tuple[str, ...]:
        """The files of a configuration; none for a plan or a state, which is one file."""
        names = (
            instance.span.source.name
            for instance in self.instances.values()
            if instance.span is not None
        )
        return tuple(dict.fromkeys(names))

    def _root_value(self, expression: object) -> object:
        """Evaluate an expression of the root module that refers to no resource."""
        found = part(expression, "constant_value")
        references = full_references(part(expression, "references"))
        if found is None and len(references) == 1 and references[0].startswith("var."):
            found = self.resolve(references[0], Context(), "")
        return None if isinstance(found, Unknown) else found

    def scope(self, instance: Instance) -> Scope:
        """Give the partition, region and account of an instance."""
        return self.scopes.of(instance)

    def kind(self, instance: Instance) -> ResourceType | None:
        """Find the kind of an instance."""
        return find_terraform_type(instance.type)

    def name(self, instance: Instance) -> str:
        """Give the name of an instance; where AWS makes it, one made of its address."""
        kind = self.kind(instance)
        attribute = "name" if kind is None else kind.name_argument
        value = self.attribute(instance, attribute) if attribute else None
        if isinstance(value, str) and value:
            return value
        arn = find_arn(str(instance.values.get("arn")))
        if arn is not None:
            return arn.resource.rpartition("/")[2]
        own_id = instance.values.get("id")
        if not attribute and isinstance(own_id, str) and own_id:
            return own_id
        prefix = instance.values.get(f"{attribute}_prefix")
        made = name_like(instance.text)
        return f"{prefix}{made}" if isinstance(prefix, str) else made

    def is_named(self, instance: Instance) -> bool:
        """Say whether the name of an instance is told, or AWS makes none."""
        kind = self.kind(instance)
        if kind is None or not kind.name_argument or isinstance(instance.values.get("arn"), str):
            return True
        return isinstance(self.attribute(instance, kind.name_argument), str)

    def arn(self, instance: Instance) -> str | None:
        """Give the ARN of an instance, `None` for kinds that are not in the table."""
        arn = instance.values.get("arn")
        kind = self.kind(instance)
        if isinstance(arn, str) or kind is None:
            return arn if isinstance(arn, str) else None
        path = self.attribute(instance, "path")
        service = instance.values.get("aws_service_name")
        if isinstance(service, str):
            path = f"/aws-service-role/{service}/"
        if "{region}" in kind.arn and not self.scopes.region_known(instance):
            self.scopes.region_used = True
        scope = self.scope(instance)
        outer = {part: self._outer(instance, attribute) for part, attribute in kind.outer}
        path = path if isinstance(path, str) else "/"
        return arn_of(kind, scope, self.name(instance), path, outer)

    def _outer(self, instance: Instance, attribute: str) -> str:
        """Give a further part of an ARN: the name of what an attribute names."""
        value = self.attribute(instance, attribute) if attribute else None
        return part_named(value) if isinstance(value, str) else name_like(instance.text)

    def attribute(self, instance: Instance, name: str) -> object:
        """Give an attribute: as planned, as it follows from the rest, or through a reference."""
        value = instance.values.get(name)
        if value is not None and find_unknown(value) is None:
            return value
        if name not in instance.values and name not in derived_attributes(instance):
            return find_misspelt(name, instance.values)
        if self._depth > MAX_DEPTH:
            return Unknown(f"`{instance.text}.{name}`, which leads back to itself")
        self._depth += 1
        try:
            found = self._follow(instance, name)
            return value if found is None else found
        finally:
            self._depth -= 1

    def _follow(self, instance: Instance, name: str) -> object:
        """Find an attribute that is not known as planned."""
        if instance.type == DOCUMENT and name in JSON_ATTRIBUTES:
            return self.render(self, instance)
        expression = self.configuration.expression(instance.address, name)
        if expression is not None:
            return self.evaluate(expression, self.context(instance), name)
        same = same_id(instance.type) if name == "id" else None
        if same is not None:
            return self.attribute(instance, same)
        if instance.type == "aws_kms_alias" and name == "target_key_arn":
            return self._key_of_alias(instance)
        kind = self.kind(instance)
        if kind is None or name == kind.name_argument:
            return self._from_data(instance, name)
        if name in ("arn", "id", "url", "key_id", "name"):
            arn = self.arn(instance)
            what = {"arn": "arn", "id": kind.id, "url": "url"}.get(name, "name")
            if arn is not None:
                return reference_of(self.scope(instance), what, self.name(instance), arn)
        return None

    def _key_of_alias(self, instance: Instance) -> object:
        """Give the ARN of the key that an alias is made for."""
        target = self.attribute(instance, "target_key_id")
        if not isinstance(target, str) or target.startswith("arn:"):
            return target
        return arn_of(known_type("aws_kms_key"), self.scope(instance), target)

    def _from_data(self, instance: Instance, name: str) -> object:
        """Give what data sources say about where they are."""
        scope = self.scope(instance)
        known = {
            ("aws_caller_identity", "account_id"): scope.account,
            ("aws_caller_identity", "id"): scope.account,
            ("aws_region", "id"): scope.region,
            ("aws_region", "name"): scope.region,
            ("aws_region", "region"): scope.region,
            ("aws_partition", "partition"): scope.partition,
            ("aws_partition", "dns_suffix"): url_suffix(scope.partition),
        }
        return known.get((instance.type, name))

    def context(self, instance: Instance) -> Context:
        """Give the place in which the expressions of an instance stand."""
        address = instance.address
        loop = part(self.configuration.resource(address), "for_each_expression")
        return Context(address.module, address.key, loop)

    def evaluate(self, expression: object, context: Context, wanted: str) -> object:
        """Evaluate an expression: a constant, or one reference, or a list of such.

        `wanted` is the attribute to take of a resource that is referred to as a whole.
        """
        value = part(expression, "constant_value")
        if value is not None:
            return value
        references = full_references(part(expression, "references"))
        others = [
            reference
            for reference in references
            if parse_steps(reference)[:1] not in (["each"], ["count"])
        ]
        if len(others) == 1:
            return self.resolve(others[0], context, wanted)
        if not others and len(references) == 1:
            return self.resolve(references[0], context, wanted)
        if not references:
            return None
        return self._choose_value(references, context, wanted)

    def _choose_value(self, references: list[str], context: Context, wanted: str) -> object:
        """Take the value that all resources of an expression agree on, and note it as a guess.

        A choice (``local.x ? a.b[0].id : c.d[0].id``, or `try`) has instances that are not there;
        what a variable or a local adds to it, the plan does not say.
        """
        found: list[object] = []
        for reference in references:
            if parse_steps(reference)[:1] in _PLAIN or not self.may_be(reference, context):
                continue
            value = self.resolve(reference, context, wanted)
            if value not in found:
                found.append(value)
        if len(found) != 1 or find_unknown(found) is not None:
            return Unknown(expression_text(references))
        taken = f"`{found[0]}`" if isinstance(found[0], str) else "the policy document among them"
        self.guesses.append(f"{expression_text(references)}: it is taken to be {taken}")
        return found[0]

    def may_be(self, reference: str, context: Context) -> bool:
        """Say whether what a reference names is there: not for resources that `count` left out.

        Nor for variables without a value.
        """
        steps = parse_steps(reference)
        if steps[:1] == ["var"] and len(steps) > 1:
            return self._variable(str(steps[1]), context) is not None
        if not steps or steps[:1] == ["module"] or steps[:1] in _PLAIN:
            return bool(steps)
        instance, _ = self.index.find(steps, context.module, context.key)
        return instance is not None

    def references_text(self, instance: Instance, name: str) -> str:
        """Say what the expression of an attribute refers to."""
        expression = self.configuration.expression(instance.address, name)
        return expression_text(full_references(part(expression, "references")))

    def referenced(self, instance: Instance, name: str) -> list[object]:
        """Give the values of all that the expression of an attribute refers to."""
        expression = self.configuration.expression(instance.address, name)
        context = self.context(instance)
        return [
            self.resolve(reference, context, name)
            for reference in full_references(part(expression, "references"))
        ]

    def resolve(self, reference: str, context: Context, wanted: str) -> object:
        """Follow a reference."""
        steps = parse_steps(reference)
        if self._depth > MAX_DEPTH or not steps:
            return Unknown(f"`{reference}`")
        self._depth += 1
        try:
            found = self._resolve(steps, context, wanted)
        finally:
            self._depth -= 1
        return Unknown(f"`{reference}`") if found is None else found

    def is_planned(self, reference: str, context: Context) -> bool:
        """Say whether a reference is to a value that stands in the plan as it is."""
        steps = parse_steps(reference)
        if steps[:1] in (["var"], ["local"], ["each"], ["count"]):
            return steps[:1] != ["var"] or not isinstance(
                self.resolve(reference, context, ""), Unknown
            )
        instance, rest = self.index.find(steps, context.module, context.key)
        value = instance.values.get(str(rest[0])) if instance is not None and rest else None
        return value is not None and find_unknown(value) is None

    def _resolve(self, steps: list[Step], context: Context, wanted: str) -> object:
        head, rest = steps[0], steps[1:]
        if head in _LOOPS:
            return self._loop(rest, context, wanted)
        if head == "var" and rest:
            return dig(self._variable(str(rest[0]), context), rest[1:])
        if head == "module" and len(rest) > 1:
            return self._output(rest, context)
        if head in ("local", "path", "terraform", "self"):
            return None
        instance, rest = self.index.find(steps, context.module, context.key)
        if instance is None:
            return None
        attribute = str(rest[0]) if rest else default_attribute(wanted)
        return dig(self.attribute(instance, attribute), rest[1:])

    def _loop(self, rest: list[Step], context: Context, wanted: str) -> object:
        """Give the key or the value of a loop."""
        if rest[:1] in (["key"], ["index"]):
            return context.key
        if rest[:1] != ["value"]:
            return None
        values = part(context.loop, "constant_value")
        if values is not None and context.key is not None:
            value = values.get(context.key) if isinstance(values, dict) else context.key
            return dig(value, rest[1:])
        references = full_references(part(context.loop, "references"))
        if len(references) != 1:
            return None
        target = references[0]
        steps = parse_steps(target)
        if len(steps) == len(parse_steps(resource_of(target))):
            attribute = str(rest[1]) if len(rest) > 1 else default_attribute(wanted)
            return self._resolve([*steps, attribute], context, wanted)
        loop = self.resolve(target, context, wanted)
        if isinstance(loop, str):
            # Of a map, plans tell what its entries refer to: the only one not written out is this.
            self.guesses.append(f"an entry of {quote(target)}: it is taken to be `{loop}`")
            return dig(loop, rest[1:])
        loop = loop.get(str(context.key)) if isinstance(loop, dict) else None
        return dig(loop, rest[1:])

    def _variable(self, name: str, context: Context) -> object:
        """Give the value of a variable: the root's, or what the call of the module passes."""
        declared = part(part(self.configuration.module(context.module), "variables"), name)
        if not context.module:
            value = part(self.variables.get(name), "value")
            return part(declared, "default") if value is None else value
        call = self.configuration.call(context.module)
        expression = part(part(call, "expressions"), name)
        if expression is None:
            return part(declared, "default")
        key = context.module[-1][1]
        outer = Context(context.module[:-1], key, part(call, "for_each_expression"))
        return self.evaluate(expression, outer, name)

    def _output(self, rest: list[Step], context: Context) -> object:
        """Give an output of a module: of the instance that is named, else of the matching one."""
        name, rest = str(rest[0]), rest[1:]
        key: Key = None
        if is_index(rest[0]):
            key, rest = rest[0], rest[1:]
        else:
            keys = self.index.module_keys.get((context.module, name), {})
            key = context.key if context.key in keys else next(iter(keys), None)
            if len(keys) > 1 and key != context.key:
                return None
        path = (*context.module, (name, key))
        if not rest:
            return None
        output = part(part(self.configuration.module(path), "outputs"), str(rest[0]))
        expression = part(output, "expression")
        return dig(self.evaluate(expression, Context(path), str(rest[0])), rest[1:])
