"""What a request depends on: the condition on the unknown things under which it is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from iamsim.compile.residual import Term, term_holds
from iamsim.core.data_class import NamedTuple, dataclass
from iamsim.core.errors import InternalError, UnsupportedError
from iamsim.core.unknown import is_open_key
from iamsim.symbolic.blocks import Block, write_blocks
from iamsim.symbolic.describe import Context, ExampleContexts, ResidualPart, describe
from iamsim.symbolic.formula import OutOfBudgetError
from iamsim.symbolic.layers import STAND_INS
from iamsim.symbolic.phrases import part_phrase, sentence

if TYPE_CHECKING:
    from iamsim.core.decision import StatementReference
    from iamsim.core.request import ContextValue, Request
    from iamsim.symbolic.regions import Region
    from iamsim.symbolic.solve import Solution

Values = dict[str, "ContextValue"]


class Asks(Protocol):
    """The question behind a residual, to be asked again in whole."""

    def canonical(self, context: Mapping[str, ContextValue | list[str]]) -> Values:
        """Give values by the keys that the terms read."""
        ...

    def decides(self, values: Mapping[str, ContextValue]) -> bool:
        """Ask the engine with values for everything that is unknown."""
        ...

    def holds_anew(
        self, known: Mapping[str, ContextValue], values: Mapping[str, ContextValue]
    ) -> bool:
        """Ask with other values for keys that are known, too."""
        ...


class Branch(NamedTuple):
    """One case of the unknown things: when it is the case, and what must hold then of a request."""

    condition: Term
    term: Term
    request: Request


@dataclass(slots=True, eq=False)
class PartialResidual:
    """The condition on unknown keys under which one request is allowed.

    `holds` reads the tests of the policies themselves and is always exact. `simplified` says
    whether everything behind `to_condition` was worked out; `keys` are the keys that matter, as
    the policies write them.
    """

    branches: tuple[Branch, ...]
    solution: Solution
    asks: Asks
    references: Mapping[int, tuple[StatementReference, ...]]
    names: Mapping[str, str]
    verb: str = "allowed"

    @property
    def request(self) -> Request:
        """The request in which everything is open that is not known."""
        return self.branches[-1].request

    @property
    def simplified(self) -> bool:
        """Whether the residual was simplified as far as it goes."""
        if not self.solution.simplified:
            return False
        try:
            self.solution.cubes()
        except OutOfBudgetError:
            return False
        return True

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it reads, sorted."""
        regions = self.solution.encoding.regions
        keys = {key for region in regions for key in region.keys}
        return tuple(sorted(self.names.get(key, key) for key in keys))

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Those of the keys that stand for unknown things and are no context keys."""
        return tuple(
            key for key in self.keys if key.lower() in STAND_INS or is_open_key(key.lower())
        )

    def holds(self, context: Mapping[str, str | list[str] | tuple[str, ...]]) -> bool:
        """Say whether the request is allowed when the unknown keys take these values.

        A key that is left out is absent, a list holds the values of a multivalued key. A key that
        is known takes the value given here.
        """
        values = self.asks.canonical(context)
        known = {
            key: value
            for key, value in values.items()
            # The organization of the source account follows from it where a world knows it.
            if not self.request.is_unknown(key) or key == "aws:sourceaccount"
        }
        if known:
            rest = {key: value for key, value in values.items() if key not in known}
            return self.asks.holds_anew(known, rest)
        return self._holds(values)

    def _holds(self, values: Mapping[str, ContextValue]) -> bool:
        """Decide the term of the case that the values are."""
        asked = {**self.request.context, **values}
        for condition, term, request in self.branches:
            if term_holds(condition, asked):
                return term_holds(term, {**request.context, **values})
        return False

    def blocks(self, *, usual: bool = False) -> list[Block]:
        """The Condition blocks, one of which must hold; see `write_blocks`."""
        return self._written(usual=usual)[0]

    def _written(self, *, usual: bool) -> tuple[list[Block], bool]:
        """Blocks and whether they are exact; kept with the solution, which requests may share."""
        known = self.solution.written.get(usual)
        if known is None:
            try:
                known = write_blocks(*self.solution.cubes(), usual=usual)
            except OutOfBudgetError:
                raise UnsupportedError(
                    "residual-too-large",
                    "what the request depends on is too long to be written as Condition blocks",
                    hint="ask the residual with `holds`: it is exact",
                ) from None
            self.solution.written[usual] = known
        return known

    def to_condition(self) -> list[dict[str, dict[str, list[str]]]]:
        """Write it as Condition blocks of the policy language (version 2012-10-17); one of them
        must hold.

        Exact for every value that AWS sends: a number where numbers are compared, a list only for a
        multivalued key. Where the language can say it, exact for any other text, too.
        Raises `UnsupportedError` when it is too long, or when there are no words for it.
        """
        return [block.to_condition() for block in self.blocks()]

    def examples(self) -> ExampleContexts:
        """One context that allows and one that denies; both were decided by the engine."""
        found: list[Context | None] = []
        for point, wanted in ((self.solution.allowing, True), (self.solution.denying, False)):
            if point is None:
                found.append(None)
                continue
            if self._holds(point) is not wanted or self.asks.decides(point) is not wanted:
                raise InternalError(
                    "example-disagrees",
                    "an example of a residual is not decided as it should be",
                    hint="please report this with the policies and the request",
                )
            found.append(
                {
                    self.names.get(key, key): value if isinstance(value, str) else list(value)
                    for key, value in sorted(point.items())
                }
            )
        return ExampleContexts(*found)

    @property
    def sentence(self) -> str:
        """The residual as a person would say it, beginning with *allowed if*."""
        try:
            return sentence(self.blocks(usual=True), self.verb)
        except UnsupportedError as error:
            keys = ", ".join(f"`{key}`" for key in self.keys)
            too_long = error.code == "residual-too-large"
            way = "too long to be said here" if too_long else "that no Condition block can say"
            return f"{self.verb} depending on {keys}, in a way {way}"

    @property
    def description(self) -> str:
        """The sentence, the statements that ask for each part, and the examples."""
        return describe(self.sentence, self.parts, self.examples(), simplified=self.simplified)

    @property
    def parts(self) -> tuple[ResidualPart, ...]:
        """What the sentence is made of, each with the statements that ask for it."""
        try:
            blocks = self.blocks(usual=True)
        except UnsupportedError:
            return tuple(
                ResidualPart(f"`{self.names.get(key, key)}`", self._asking(region))
                for region in self.solution.encoding.regions
                for key in region.keys
            )
        residual_parts: dict[str, ResidualPart] = {}
        for block in blocks:
            for part in block.parts:
                statements = [
                    reference
                    for atom in part.atoms
                    for reference in self.references.get(id(atom.leaf), ())
                ]
                for said in part_phrase(part):
                    phrase = f"unless {said.text}" if said.unless else said.text
                    unique = tuple(dict.fromkeys(statements))
                    residual_parts.setdefault(phrase, ResidualPart(phrase, unique))
        return tuple(residual_parts.values())

    def _asking(self, region: Region) -> tuple[StatementReference, ...]:
        """The statements behind the tests of a region."""
        return tuple(
            dict.fromkeys(
                reference
                for atom in region.atoms
                for reference in self.references.get(id(atom.leaf), ())
            )
        )
