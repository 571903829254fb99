"""Conditions written anew: operators, keys and values of the policy language, and what they accept.

A value whose variables are known has them filled in; variables of unknown keys stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest, compile_condition
from iamsim.compile.operators import POSITIVE, TEXT_OPERATORS
from iamsim.core.data_class import NamedTuple
from iamsim.core.span import Source
from iamsim.core.wildcard import Wildcard
from iamsim.symbolic.needs import fill_template
from iamsim.syntax.ast import Condition, Value
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.compile.template import Template
    from iamsim.core.request import Request
    from iamsim.symbolic.regions import Point, Region

NOWHERE = Source("", "")
LIKE = {"StringLike", "ArnLike"}
NEGATIVE = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
    "IpAddress": "NotIpAddress",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "NumericLessThan": "NumericGreaterThanEquals",
    "NumericLessThanEquals": "NumericGreaterThan",
    "DateLessThan": "DateGreaterThanEquals",
    "DateLessThanEquals": "DateGreaterThan",
    "Bool": "StringNotEqualsIgnoreCase",
    "BinaryEquals": "StringNotEquals",
}
OPPOSITE = {**{negative: base for base, negative in NEGATIVE.items()}, **NEGATIVE}
OPPOSITE["StringNotEquals"] = "StringEquals"
OPPOSITE["StringNotEqualsIgnoreCase"] = "StringEqualsIgnoreCase"
OPPOSITE_SET = {None: None, "ForAnyValue": "ForAllValues", "ForAllValues": "ForAnyValue"}


class Entry(NamedTuple):
    """One test of a Condition block. `accepts` are the points of a region that it accepts, as
    bits; `when_absent` says whether it holds without the key."""

    operator: str
    key: str
    values: tuple[str, ...]
    accepts: int = 0
    when_absent: bool = False

    @property
    def base(self) -> str:
        """The operator without set operator and IfExists."""
        return self.operator.rpartition(":")[2].removesuffix("IfExists")


def entry_of(operator: str, key: str, values: Iterable[str], points: Sequence[Point]) -> Entry:
    """Write a test and see which points it accepts, by compiling it as a policy's."""
    texts = tuple(values)
    condition = Condition(operator, key, tuple(Value(text, ()) for text in texts), ())
    test = compile_condition(condition, NOWHERE, with_variables=True).test
    accepts, bit = 0, 1
    for point in points:
        if test(point):
            accepts |= bit
        bit <<= 1
    return Entry(operator, key, texts, accepts, test({}))


def complement(test: ConditionTest, values: Sequence[str], key: str) -> list[Entry]:
    """The tests that together hold where this one does not, for values that it can read."""
    name = test.operator
    if name.base == "Null":
        flipped = ["false" if value.lower() == "true" else "true" for value in values]
        return [entry_of("Null", key, flipped, ())]
    base = OPPOSITE[name.base]
    set_operator = OPPOSITE_SET[name.set_operator]
    written = f"{set_operator}:{base}" if set_operator else base
    entry = entry_of(written, key, values, ())
    wanted = not test.test({})
    if entry.when_absent is wanted:
        return [entry]
    if wanted:
        return [entry_of(f"{written}IfExists", key, values, ())]
    return [entry, entry_of("Null", key, ["false"], ())]


def written_key(region: Region, key: str) -> str:
    """A key as the policies write it."""
    for atom in region.atoms:
        leaf = atom.leaf
        if isinstance(leaf, ConditionTest) and leaf.key == key:
            return leaf.written_key
    for atom in region.atoms:
        for template in _templates(atom.leaf):
            for part in template.parts:
                if isinstance(part, Variable) and part.key.lower() == key:
                    return part.key
    return key


def _templates(leaf: object) -> tuple[Template, ...]:
    """The texts with variables of an open test."""
    if isinstance(leaf, ConditionTest):
        return leaf.values.templates
    template: Template | None = getattr(leaf, "template", None)
    return () if template is None else (template,)


def written_values(test: ConditionTest, request: Request) -> list[str]:
    """The values of a test as they would stand in a policy of version 2012-10-17."""
    base = POSITIVE.get(test.operator.base, test.operator.base)
    found = []
    for template in test.values.templates:
        text = _written(template, request, base)
        if text is not None:
            found.append(text)
    return found


def _written(template: Template, request: Request, base: str) -> str | None:
    """One value; `None` where a variable that is known to have no value makes it match nothing."""
    if base not in TEXT_OPERATORS or "${" not in template.text:
        return template.text
    filled = fill_template(template, request)
    if filled is None:
        return None
    parts = []
    for part in filled:
        if isinstance(part, Variable):
            default = "" if part.default is None else f", '{part.default}'"
            parts.append(f"${{{part.key}{default}}}")
        elif isinstance(part, Wildcard):
            parts.append(part.value)
        else:
            parts.append(_escaped(part, base))
    return "".join(parts)


def _escaped(text: str, base: str) -> str:
    """A literal text so that no character of it acts."""
    text = text.replace("${", "${$}{")
    if base not in LIKE:
        return text
    # The escapes hold the characters that they stand for, so each character is looked at once.
    pieces = text.split("${$}")
    return "${$}".join(piece.replace("*", "${*}").replace("?", "${?}") for piece in pieces)


def pool_of(region: Region, key: str) -> dict[str, list[str]]:
    """The policy values that are compared with a key, by positive operator."""
    pool: dict[str, dict[str, None]] = {}
    for atom in region.atoms:
        leaf = atom.leaf
        if isinstance(leaf, ConditionTest) and leaf.key == key and leaf.operator.base != "Null":
            base = POSITIVE.get(leaf.operator.base, leaf.operator.base)
            values = written_values(leaf, atom.request)
            if base.startswith(("Numeric", "Date")):
                base = "Numeric" if base.startswith("Numeric") else "Date"
            pool.setdefault(base, {}).update(dict.fromkeys(values))
    need = region.needs[key]
    for pattern in need.patterns:
        literal = pattern.literal
        if literal is not None:
            pool.setdefault("StringEquals", {})[_escaped(literal, "StringEquals")] = None
        elif pattern.fold:
            text = "".join(token for token in pattern.tokens if isinstance(token, str))
            pool.setdefault("StringEqualsIgnoreCase", {})[_escaped(text, "")] = None
    equal = pool.setdefault("StringEquals", {})
    equal.update(pool.get("BinaryEquals", {}))
    equal[""] = None
    return {base: list(values) for base, values in pool.items()}
