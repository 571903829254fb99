"""A stack: a template with values for its parameters, and what its expressions come to.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html. What the
template does not tell (an import, a parameter without a default, an id that AWS makes) is an
`Unknown`. Names that AWS would make are ``STACK-LOGICALID``: readable, and the same every time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from iamsim.catalog.resource_types import ResourceType, find_type
from iamsim.importers.cloudformation.functions import PLAIN_FUNCTIONS, as_text, call_plain
from iamsim.importers.cloudformation.naming import (
    Environment,
    Identity,
    attribute_of,
    identify,
)
from iamsim.importers.cloudformation.places import Entries, Items, TemplateText
from iamsim.importers.resource_kinds import url_suffix
from iamsim.importers.unknown import Unknown, find_unknown

_NO_VALUE = object()
_LISTS = re.compile(
    r"CommaDelimitedList|List<.*>|AWS::SSM::Parameter::Value<(?:List<.*>|CommaDelimitedList)>"
)
_SUB = re.compile(r"\$\{(!?)([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
# Types of which `Ref` gives what a property says.
REFERENCE_PROPERTIES = {
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
    "AWS::SecretsManager::SecretTargetAttachment": "SecretId",
}
INCLUDE = "Fn::Transform"
NO_UUID = "00000000-0000-0000-0000-000000000000"
PAIR = 2
MAX_DEPTH = 60


@dataclass(eq=False)
class Stack:
    """A template in an environment.

    `parameters` are given values by name, `exports` the known exports of other stacks;
    `open_nested` finds the templates of nested stacks. `text` is that of the template.
    """

    template: Mapping[str, object]
    environment: Environment
    parameters: Mapping[str, object] = field(default_factory=dict)
    exports: Mapping[str, object] = field(default_factory=dict)
    open_nested: Callable[[str, Mapping[str, object]], Stack | None] | None = None
    text: TemplateText | None = None

    def __post_init__(self) -> None:
        """Prepare what is found once: conditions, identities, nested stacks."""
        self._sections: dict[str, dict[str, dict[str, object]]] = {}
        self._conditions: dict[str, bool | Unknown] = {}
        self._identities: dict[str, Identity | None] = {}
        self._nested: dict[str, Stack | None] = {}
        self._open: set[str] = set()
        self._depth = 0
        self.region_used = False
        environment = self.environment
        partition = environment.scope.partition
        home = f"arn:{partition}:cloudformation:{environment.region}:{environment.account}"
        self._pseudo: dict[str, object] = {
            "AWS::AccountId": environment.account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::NotificationARNs": [],
            "AWS::Partition": partition,
            "AWS::Region": environment.region,
            "AWS::StackId": f"{home}:stack/{environment.stack}/{NO_UUID}",
            "AWS::StackName": environment.stack,
            "AWS::URLSuffix": url_suffix(partition),
        }

    def section(self, name: str) -> dict[str, dict[str, object]]:
        """Give a section of the template, without entries that are no maps."""
        if name not in self._sections:
            found = self.template.get(name)
            entries = found.items() if isinstance(found, dict) else ()
            self._sections[name] = {
                str(key): entry for key, entry in entries if isinstance(entry, dict)
            }
        return self._sections[name]

    @property
    def resources(self) -> dict[str, dict[str, object]]:
        """The resources by logical id."""
        return self.section("Resources")

    def condition(self, name: str) -> bool | Unknown:
        """Evaluate a condition by its name."""
        if name not in self._conditions:
            self._conditions[name] = Unknown(f"the condition `{name}`, which refers to itself")
            entries = self.template.get("Conditions")
            if not isinstance(entries, dict) or name not in entries:
                self._conditions[name] = Unknown(f"the condition `{name}`, which is not there")
            else:
                self._conditions[name] = self.test(entries[name])
        return self._conditions[name]

    def test(self, value: object) -> bool | Unknown:
        """Evaluate a condition function; unknown parts count only where they matter."""
        if isinstance(value, dict) and len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name in ("Fn::And", "Fn::Or", "Fn::Not") and isinstance(argument, list):
                return _combine(str(name), [self.test(item) for item in argument])
        found = self.evaluate(value)
        if isinstance(found, bool | Unknown):
            return found
        text = as_text(found)
        return (
            text == "true" if text in ("true", "false") else Unknown("a condition of no known form")
        )

    def properties(self, logical_id: str) -> dict[str, object]:
        """Give the evaluated properties of a resource."""
        written = self.resources[logical_id].get("Properties", {})
        if isinstance(written, dict) and INCLUDE in written:  # it adds to what stands beside it
            written = {name: value for name, value in written.items() if name != INCLUDE}
        found = self.evaluate(written)
        return found if isinstance(found, dict) else {}

    def evaluate(self, value: object) -> object:
        """Evaluate a value of the template; entries without a value (`AWS::NoValue`) are gone."""
        found = self._evaluate(value)
        return None if found is _NO_VALUE else found

    def _evaluate(self, value: object) -> object:
        if isinstance(value, str):
            dynamic = _DYNAMIC.search(value)
            return value if dynamic is None else Unknown(f"`{dynamic.group()}`")
        if isinstance(value, list):
            kept = [(number, self._evaluate(item)) for number, item in enumerate(value)]
            kept = [(number, item) for number, item in kept if item is not _NO_VALUE]
            items = Items(item for _, item in kept)
            items.written, items.numbers = value, [number for number, _ in kept]
            return items
        if not isinstance(value, dict):
            return value
        if INCLUDE in value:
            return Unknown(f"`{INCLUDE}`")
        if len(value) == 1:
            [(name, argument)] = value.items()
            function = self._find_function(name)
            if function is not None:
                return self._call(function, argument)
        entries = ((str(key), self._evaluate(item)) for key, item in value.items())
        found = Entries((key, item) for key, item in entries if item is not _NO_VALUE)
        found.written = value
        return found

    def _call(self, function: Callable[[object], object], argument: object) -> object:
        """Call a function, unless expressions lead in a circle."""
        if self._depth > MAX_DEPTH:
            return Unknown("an expression that leads back to itself")
        self._depth += 1
        try:
            return function(argument)
        finally:
            self._depth -= 1

    def _find_function(self, name: str) -> Callable[[object], object] | None:
        if name in PLAIN_FUNCTIONS:
            return lambda argument: call_plain(name, self._evaluate(argument))
        own: dict[str, Callable[[object], object]] = {
            "Ref": self._ref,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::Sub": self._sub,
        }
        if name in own:
            return own[name]
        if name.startswith("Fn::"):
            return lambda _argument: Unknown(f"`{name}`")
        return None

    def _ref(self, argument: object) -> object:
        """Give the value of a parameter, or the reference of a resource."""
        if not isinstance(argument, str):
            return Unknown("a `Ref` that names nothing")
        if argument in self._pseudo:
            self.region_used |= argument == "AWS::Region"
            return self._pseudo[argument]
        if argument in self.section("Parameters") or argument in self.parameters:
            return self._parameter(argument)
        identity = self.identity(argument)
        if identity is not None:
            return identity.reference
        named = REFERENCE_PROPERTIES.get(str(self.resources.get(argument, {}).get("Type")))
        if named is not None and named in self._properties(argument):
            return self._evaluate(self._properties(argument)[named])
        return Unknown(f"`Ref: {argument}`")

    def _parameter(self, name: str) -> object:
        """Give the value of a parameter: the one given, else its default."""
        declared = self.section("Parameters").get(name, {})
        kind = as_text(declared.get("Type")) or "String"
        value = self.parameters.get(name)
        if value is None:
            value = declared.get("Default")
            if value is None or kind.startswith("AWS::SSM::Parameter::Value"):
                return Unknown(f"the parameter `{name}`")
        if isinstance(value, Unknown | list):
            return value
        text = as_text(value)
        if text is None:
            return Unknown(f"the parameter `{name}`")
        if _LISTS.fullmatch(kind):
            return [part.strip() for part in text.split(",")] if text else []
        return text

    def _get_att(self, argument: object) -> object:
        """Give an attribute of a resource, as far as it follows from the template."""
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        argument = self._evaluate(argument)
        if not isinstance(argument, list) or len(argument) != PAIR:
            return Unknown("a `Fn::GetAtt` that names nothing")
        logical_id, attribute = (as_text(part) or "" for part in argument)
        shown = f"`Fn::GetAtt: {logical_id}.{attribute}`"
        resource = self.resources.get(logical_id)
        if resource is None:
            return Unknown(shown)
        if attribute.startswith("Outputs."):
            nested = self.nested(logical_id)
            output = None if nested is None else nested.output(attribute.removeprefix("Outputs."))
            return Unknown(shown) if output is None else output
        identity = self.identity(logical_id)
        kind = self.kind(logical_id)
        if identity is None or kind is None:
            return Unknown(shown)
        found = attribute_of(kind, identity, attribute)
        return Unknown(shown) if found is None else found

    def output(self, name: str) -> object:
        """Evaluate an output."""
        found = self.section("Outputs").get(name)
        return None if found is None else self.evaluate(found.get("Value"))

    def exported(self) -> dict[str, object]:
        """Evaluate the outputs that other stacks may import, by export name."""
        exported: dict[str, object] = {}
        for output in self.section("Outputs").values():
            export = output.get("Export")
            name = self.evaluate(export.get("Name")) if isinstance(export, dict) else None
            if isinstance(name, str) and self.is_made(output):
                exported[name] = self.evaluate(output.get("Value"))
        return exported

    def is_made(self, entry: Mapping[str, object]) -> bool | Unknown:
        """Say whether the condition of a resource or an output holds."""
        name = entry.get("Condition")
        return self.condition(name) if isinstance(name, str) else True

    def _import_value(self, argument: object) -> object:
        """Give the export of another stack, if it is known."""
        name = self._evaluate(argument)
        if isinstance(name, Unknown):
            return name
        found = self.exports.get(name) if isinstance(name, str) else None
        return Unknown(f"`Fn::ImportValue: {name}`") if found is None else found

    def _if(self, argument: object) -> object:
        """Give one of two values."""
        if not isinstance(argument, list) or len(argument) != PAIR + 1:
            return Unknown("a `Fn::If` without three parts")
        name, yes, no = argument
        holds = self.condition(name) if isinstance(name, str) else self.test(name)
        if isinstance(holds, Unknown):
            first, second = self._evaluate(yes), self._evaluate(no)
            return first if first == second else holds
        return self._evaluate(yes if holds else no)

    def _find_in_map(self, argument: object) -> object:
        """Look up a value of a mapping."""
        if not isinstance(argument, list) or len(argument) <= PAIR:
            return Unknown("a `Fn::FindInMap` without three parts")
        keys = [self._evaluate(key) for key in argument[: PAIR + 1]]
        unknown = find_unknown(keys)
        if unknown is not None:
            return unknown
        found: object = self.template.get("Mappings")
        for key in keys:
            found = found.get(as_text(key)) if isinstance(found, dict) else None
        if found is None and len(argument) > PAIR + 1 and isinstance(argument[3], dict):
            found = argument[3].get("DefaultValue")
        shown = ".".join(as_text(key) or "?" for key in keys)
        return Unknown(f"`Fn::FindInMap: {shown}`") if found is None else self._evaluate(found)

    def _sub(self, argument: object) -> object:
        """Put values into a text; ``${!Name}`` stays as ``${Name}``."""
        text, given = argument, {}
        if isinstance(argument, list) and len(argument) == PAIR:
            text = argument[0]
            given = argument[1] if isinstance(argument[1], dict) else {}
        if not isinstance(text, str):
            return Unknown("a `Fn::Sub` without a text")
        dynamic = _DYNAMIC.search(text)
        if dynamic is not None:
            return Unknown(f"`{dynamic.group()}`")
        unknown: list[Unknown] = []

        def replace(match: re.Match[str]) -> str:
            literal, name = match.group(1), match.group(2).strip()
            if literal:
                return f"${{{name}}}"
            if name in given:
                value = self._evaluate(given[name])
            elif "." in name:
                value = self._get_att(name)
            else:
                value = self._ref(name)
            found = as_text(value)
            if found is None:
                unknown.append(value if isinstance(value, Unknown) else Unknown(f"`${{{name}}}`"))
            return found or ""

        found = _SUB.sub(replace, text)
        return unknown[0] if unknown else found

    def kind(self, logical_id: str) -> ResourceType | None:
        """Find the kind of a resource, `None` for kinds that are not in the table."""
        found = self.resources.get(logical_id, {}).get("Type")
        return find_type(found) if isinstance(found, str) else None

    def identity(self, logical_id: str) -> Identity | None:
        """Find what a resource is called; `None` for kinds that are not in the table."""
        if logical_id in self._open:
            return None
        if logical_id not in self._identities:
            self._open.add(logical_id)
            self._identities[logical_id] = self._identify(logical_id)
            self._open.discard(logical_id)
        return self._identities[logical_id]

    def _identify(self, logical_id: str) -> Identity | None:
        properties = self._properties(logical_id)

        def text(name: str) -> str | None:
            return as_text(self.evaluate(properties.get(name)))

        kind = self.kind(logical_id)
        if kind is not None:
            self.region_used |= "{region}" in kind.arn
            return identify(kind, self.environment, logical_id, text)
        return None

    def _properties(self, logical_id: str) -> dict[str, object]:
        """Give the properties of a resource as they are written."""
        found = self.resources.get(logical_id, {}).get("Properties")
        return found if isinstance(found, dict) else {}

    def nested(self, logical_id: str) -> Stack | None:
        """Open the nested stack of a resource, if its template is at hand."""
        if logical_id not in self._nested:
            self._nested[logical_id] = None
            if self.open_nested is not None:
                given = self.properties(logical_id).get("Parameters")
                self._nested[logical_id] = self.open_nested(
                    logical_id, given if isinstance(given, dict) else {}
                )
        return self._nested[logical_id]


def _combine(name: str, tests: list[bool | Unknown]) -> bool | Unknown:
    """Combine conditions; unknown ones count only where the others do not decide."""
    if name == "Fn::Not":
        first = tests[0] if tests else False
        return first if isinstance(first, Unknown) else not first
    decisive = name == "Fn::Or"
    if any(test is decisive for test in tests):
        return decisive
    return next((test for test in tests if isinstance(test, Unknown)), not decisive)
