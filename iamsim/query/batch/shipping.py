"""What processes send each other: pickled, but for what both sides have.

A world with its policies, their texts and its principals is the same in every process, so an answer
names these by number. What an answer depends on (a residual) is sent as its words; whoever needs
more of it asks the same question again where it arrived.
"""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, cast

from iamsim.core.decision import Decision, StatementReference
from iamsim.core.errors import InternalError, UnsupportedError
from iamsim.core.json_text import locate_json
from iamsim.core.remember import remember
from iamsim.core.span import Source
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.question import DIRECT_CALL, NOTHING_ATTACHED, PLAIN_SESSION, Question
from iamsim.query.batch.answers import decide_one
from iamsim.symbolic.actions import ActionUniverse, catalog_actions
from iamsim.symbolic.residual import PartialResidual
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from iamsim.world.items import NOWHERE

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch.batch import Batch
    from iamsim.symbolic.conditional import Asking
    from iamsim.world.model import AnyPolicy, World

REMEMBERED = 10_000  # residuals
Blocks = list[dict[str, dict[str, list[str]]]]
Reduced = tuple["Callable[..., object]", tuple[object, ...]]
# What every process makes of its own, and what counts by identity.
CONSTANTS: tuple[object, ...] = (
    NOWHERE,
    FULL_AWS_ACCESS,
    FULL_AWS_ACCESS.source,
    RCP_FULL_AWS_ACCESS,
    RCP_FULL_AWS_ACCESS.source,
    PLAIN_SESSION,
    NOTHING_ATTACHED,
    DIRECT_CALL,
)


@dataclass(slots=True, eq=False)
class SentResidual:
    """The condition of an answer that another process gave; it reads like a `PartialResidual`.

    `blocks` is the error where the policy language can't say it. What is not sent along is found by
    asking the question again in the world here.
    """

    sentence: str
    keys: tuple[str, ...]
    stand_ins: tuple[str, ...]
    simplified: bool
    blocks: Blocks | UnsupportedError
    question: Question
    world: CompiledWorld
    _whole: PartialResidual | None = field(default=None, repr=False)

    def whole(self) -> PartialResidual:
        """The residual as the engine gives it; raises `InternalError` where it gives none."""
        if self._whole is None:
            residual = decide_one(self.question, self.world).residual
            if not isinstance(residual, PartialResidual):
                raise InternalError(
                    "processes-disagree",
                    "the same question got another answer in another process",
                    hint="please report this with the policies and the request",
                )
            self._whole = residual
        return self._whole

    def holds(self, context: Mapping[str, str | list[str]]) -> bool:
        """Say whether the request is allowed when the unknown keys take these values."""
        return self.whole().holds(context)

    def to_condition(self) -> Blocks:
        """Write it as Condition blocks; raises `UnsupportedError` where that can't be done."""
        if isinstance(self.blocks, UnsupportedError):
            raise self.blocks
        return [
            {
                operator: {key: list(values) for key, values in test.items()}
                for operator, test in block.items()
            }
            for block in self.blocks
        ]

    def examples(self) -> tuple[Mapping[str, str | list[str]] | None, ...]:
        """Give values of the unknown keys with which the request is allowed, and such with which it
        is not; `None` where none were found."""
        return self.whole().examples()

    @property
    def description(self) -> str:
        """The sentence, a line for each part of it with its statements, and the examples."""
        return self.whole().description


def whole_residual(residual: object) -> PartialResidual | None:
    """The residual as the engine gives it, wherever the answer was made; `None` for none."""
    if isinstance(residual, SentResidual):
        return residual.whole()
    return residual if isinstance(residual, PartialResidual) else None


class Shipper:
    """Writes and reads what processes send each other about the same batches."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        """Number what both sides have: the same in every process, for it follows from the worlds
        alone."""
        self._known: list[object] = list(CONSTANTS)
        for batch in batches:
            self._known += _parts(batch)
        self._numbers: dict[int, int] = {}
        for number, entry in enumerate(self._known):
            self._numbers.setdefault(id(entry), number)
        self._texts: dict[tuple[str, str], Source] = {}

    def pack(self, value: object) -> bytes:
        """Write a value."""
        written = BytesIO()
        _Packer(written, self._numbers).dump(value)
        return written.getvalue()

    def unpack(self, content: bytes) -> object:
        """Read a value that a process of ours wrote."""
        return _Unpacker(BytesIO(content), self._known, self._texts).load()


class _Packer(pickle.Pickler):
    """A pickler that knows parts by their identity."""

    dispatch_table = copyreg.dispatch_table.copy()

    def __init__(self, file: BytesIO, numbers: Mapping[int, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._find = numbers.get

    def persistent_id(self, value: object) -> object:
        """The number of a known part; the text of another one, such as AWS's own policies."""
        number = self._find(id(value))
        if number is None and type(value) is Source and value.locate_all is locate_json:
            return value.name, value.text
        return number


class _Unpacker(pickle.Unpickler):
    """The other side: parts by their numbers, and each text once."""

    def __init__(
        self, file: BytesIO, known: list[object], texts: dict[tuple[str, str], Source]
    ) -> None:
        super().__init__(file)
        self._known = known
        self._texts = texts

    def persistent_load(self, reference: object) -> object:
        """Find what the packer named."""
        if isinstance(reference, int):
            return self._known[reference]
        name, text = cast("tuple[str, str]", reference)
        source = self._texts.get((name, text))
        if source is None:
            source = self._texts[name, text] = Source(name, text, locate_json)
        return source


def _statement(reference: StatementReference) -> Reduced:
    parts = (
        reference.layer,
        reference.policy,
        reference.index,
        reference.sid,
        reference.effect,
        reference.source,
        reference.path,
        reference.arn,
    )
    return StatementReference, parts


def _decision(decision: Decision) -> Reduced:
    parts = (
        decision.verdict,
        decision.reason,
        decision.layer,
        decision.statements,
        decision.notes,
        decision.missing_context,
    )
    return Decision, parts


def _residual(partial_residual: PartialResidual) -> Reduced:
    """What is sent of a residual, remembered: many answers share one, and many messages."""
    known = _reduced.get(id(partial_residual))
    if known is None:
        # The residual is kept beside it, so that its id stays its own.
        known = remember(
            _reduced, id(partial_residual), (partial_residual, _words(partial_residual)), REMEMBERED
        )
    return known[1]


def _words(partial_residual: PartialResidual) -> Reduced:
    blocks: Blocks | UnsupportedError
    try:
        blocks = partial_residual.to_condition()
    except UnsupportedError as error:
        blocks = error
    asking = cast("Asking", partial_residual.asks)
    asked = asking.original, asking.world
    return SentResidual, (
        partial_residual.sentence,
        partial_residual.keys,
        partial_residual.stand_ins,
        partial_residual.simplified,
        blocks,
        *asked,
    )


_reduced: dict[int, tuple[PartialResidual, Reduced]] = {}


def _universe(_one: ActionUniverse) -> Reduced:
    return catalog_actions, ()


_Packer.dispatch_table[ActionUniverse] = _universe
_Packer.dispatch_table[StatementReference] = _statement
_Packer.dispatch_table[Decision] = _decision
_Packer.dispatch_table[PartialResidual] = _residual


def _parts(batch: Batch) -> Iterator[object]:
    """Everything of a batch that answers name, in an order that only depends on the world."""
    model = batch.world.model
    yield batch
    yield batch.world
    yield model
    yield batch.candidates
    for candidate in batch.candidates:
        yield candidate
        if candidate.entity is not None:
            yield candidate.entity
    for policy in _policies(model):
        yield policy
        yield policy.source
    for account in model.accounts.values():
        yield account
        for items in (account.users, account.roles, account.groups, account.resources):
            for item in items.values():
                yield item
                yield item.source


def _policies(model: World) -> Iterator[AnyPolicy]:
    yield from model.policies.values()
    yield from (policy for policy, _ in policies_in_use(model))


def subject_bytes(subject: object) -> bytes:
    """A batch, or several, for a process that starts afresh; policies that count by identity stay
    the ones they are."""
    written = BytesIO()
    _Packer(written, {id(entry): number for number, entry in enumerate(CONSTANTS)}).dump(subject)
    return written.getvalue()


def subject_of(content: bytes) -> object:
    """The other side of `subject_bytes`."""
    return _Unpacker(BytesIO(content), list(CONSTANTS), {}).load()
