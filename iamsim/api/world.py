"""Worlds, as the Python interface hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.api.answer import Answer
from iamsim.api.inputs import context_values, now, session_of, via_of
from iamsim.engine import authorize
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.symbolic import partial as partial_answers
from iamsim.world.load import load_world

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from iamsim.api.inputs import ContextInput
    from iamsim.core.decision import Decision
    from iamsim.world.model import World as WorldModel

__all__ = ["World", "load"]


class World:
    """A world to ask: an organization, its accounts, principals, resources and policies."""

    def __init__(self, model: WorldModel) -> None:
        """Wrap a loaded world; use `iamsim.load` to read one from files."""
        self.model = model
        self._compiled = CompiledWorld(model)

    def explain(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        unknown: Iterable[str] = (),
        partial: bool = False,
        unset: Iterable[str] = (),
        resource_account: str | None = None,
    ) -> Answer:
        """Answer one question about this world; raises `InputError` for what can't be asked."""
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            frozenset(unset),
            session_of(session),
            via_of(via),
            frozenset(unknown),
            partial,
            resource_account,
            now=now(),
        )
        return Answer(partial_answers.answer(question, self._compiled))

    def decide(
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        resource_account: str | None = None,
    ) -> Decision:
        """Decide one question without explaining it: many times faster."""
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            session=session_of(session),
            via=via_of(via),
            resource_account=resource_account,
            now=now(),
        )
        return authorize.decide(question, self._compiled)

    def check(self) -> None:
        """Compile every policy that is attached somewhere; raises `PolicyError` for the first that
        is broken, `WorldError` for an AWS managed policy that is not known."""
        self._compiled.check()

    def compile(self) -> World:
        """Give the object whose `decide` may be called millions of times: the world itself.

        Policies are compiled when first needed and then kept. It can be pickled; what was compiled
        is made anew on the other side.
        """
        return self


def load(*paths: str | os.PathLike[str]) -> World:
    """Load a world from a file or folder; several are merged, and every policy is checked.

    Raises `WorldError` for what does not fit the format, `PolicyError` for a broken policy; both
    say where.
    """
    world = World(load_world(*paths))
    world.check()
    return world
