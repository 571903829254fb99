"""Compiled statements as formulas, for one caller, with what is known of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from iamsim.proofs.conditions import KeyTest
from iamsim.proofs.formula import ActionIn, Formula, ResourceIn, all_of
from iamsim.proofs.globs import Glob, Open, rests
from iamsim.syntax.variables import Variable

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import ActionTest, CompiledStatement, ResourceTest
    from iamsim.core.request import Caller, ContextValue
    from iamsim.symbolic.actions import ActionUniverse

    Values = Mapping[str, ContextValue | None]


class Reader:
    """Reads statements for one caller. `known` are keys whose values are settled, `None` for those
    that are absent; `actions` are the actions that are asked about at all."""

    def __init__(
        self, universe: ActionUniverse, actions: int, caller: Caller | None, known: Values
    ) -> None:
        """Take what is known."""
        self.universe = universe
        self.actions = actions
        self.caller = caller
        self.known = known
        self.renamed: tuple[str, str] | None = None
        self._context = {key: value for key, value in known.items() if value is not None}
        self._conditions: dict[tuple[object, ...], ConditionTest] = {}

    def at_place(self, caller: Caller | None, shown: str | None, asked: str) -> Reader:
        """How a place reads statements that sees another caller, or another name of the resource:
        `shown` where the request has `asked`."""
        reader = Reader(self.universe, self.actions, caller or self.caller, self.known)
        reader._conditions = self._conditions
        if shown is not None:
            reader.renamed = _different_starts(shown, asked)
        return reader

    def statement(self, statement: CompiledStatement) -> Formula:
        """When a statement matches."""
        principals = statement.principals
        if (
            principals is not None
            and self.caller is not None
            and not principals.concerns(self.caller)
        ):
            return False
        action = self.action(statement.actions)
        if action is False:
            return False
        return all_of([action, self.beside_action(statement)])

    def beside_action(self, statement: CompiledStatement) -> Formula:
        """When the resource and the conditions of a statement match."""
        resource = True if statement.resources is None else self.resource(statement.resources)
        return all_of([resource, *map(self.condition, statement.conditions)])

    def action(self, element: ActionTest) -> Formula:
        """When an Action element matches."""
        mask = self.universe.mask(element) & self.actions
        if mask in (0, self.actions):
            return bool(mask)
        return ActionIn(mask)

    def resource(self, element: ResourceTest) -> Formula:
        """When a Resource element matches."""
        if element.everything:
            return True
        globs = [self._glob(pattern) for pattern in element.patterns]
        left = tuple(dict.fromkeys(glob for glob in globs if glob is not None))
        if self.renamed is not None:
            shown, asked = self.renamed
            left = tuple(Glob((*asked, *rest)) for glob in left for rest in rests(glob, shown))
        if not left:
            return element.negated
        if any(glob.is_everything for glob in left):
            return not element.negated
        return ResourceIn(left, not element.negated)

    def _glob(self, pattern: ResourcePattern) -> Glob | None:
        """What one entry covers; `None` for nothing."""
        if all(key in self.known for key in pattern.keys) and pattern.keys:
            tokens = pattern.resolved(self._context)
            return None if tokens is None else Glob.of(tokens)
        parts = pattern.parts
        if parts is None:
            return None
        return Glob.of(
            Open(f"{part.key.lower()} {part.default}") if isinstance(part, Variable) else part
            for part in parts
        )

    def condition(self, condition: ConditionTest) -> Formula:
        """When a condition holds."""
        if all(key in self.known for key in condition.keys):
            return condition.test(self._context)
        name = (
            condition.operator,
            condition.key,
            tuple(template.parts for template in condition.values.templates),
        )
        return KeyTest(self._conditions.setdefault(name, condition), holds=True)


def _different_starts(shown: str, asked: str) -> tuple[str, str]:
    """Two names without what they have in common at their ends."""
    common = 0
    while common < min(len(shown), len(asked)) and shown[-1 - common] == asked[-1 - common]:
        common += 1
    return shown[: len(shown) - common], asked[: len(asked) - common]


def open_keys(statements: Iterable[CompiledStatement], known: Values) -> frozenset[str]:
    """The keys in policy variables of statements whose values are not known."""
    found: set[str] = set()
    for statement in statements:
        for pattern in () if statement.resources is None else statement.resources.patterns:
            found.update(pattern.keys)
        for condition in statement.conditions:
            for template in condition.values.templates:
                found.update(template.keys)
    return frozenset(found - known.keys())
