"""The world that assertions ask when they are given none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamsim.api import Answer, World

_CURRENT: ContextVar[World | None] = ContextVar("iamsim_world", default=None)


@contextmanager
def use_world(world: World) -> Iterator[World]:
    """Let assertions in the block ask this world, unless they name another."""
    token = _CURRENT.set(world)
    try:
        yield world
    finally:
        _CURRENT.reset(token)


def current_world() -> World | None:
    """The world that `use_world` or the fixture `world` set; `None` outside."""
    return _CURRENT.get()


def answer_of(world: World | None, question: dict[str, Any]) -> Answer:
    """Ask a world, or the current one, or none where there is none or the question brings its
    policies; raises `InputError` for what can't be asked."""
    import iamsim

    world = _asked(world, question)
    if world is None:
        return iamsim.explain(**question)
    return world.explain(**question)


def problems_of(
    answer: Answer, world: World | None, question: dict[str, Any], known: Iterable[str]
) -> list[str]:
    """What makes it meaningless to assert an answer: names that nobody knows, but for the `known`
    ones, a resource that the action does not act on, and the like."""
    from iamsim.questions.sentences import problem_text
    from iamsim.suites.meaning import MeaningCheck

    asked = _asked(world, question)
    check = MeaningCheck(None if asked is None else asked.model)
    names = frozenset(name.lower() for name in known)
    return [
        f"{problem_text(hint)} [{hint.kind.value}]"
        for hint in answer.hints
        if hint.place is None
        and check.counts(hint, answer.request.principal, answer.verdict, names)
    ]


def _asked(world: World | None, question: dict[str, Any]) -> World | None:
    from iamsim.engine.question import AttachedPolicies

    brings_policies = any(field.name in question for field in fields(AttachedPolicies))
    return current_world() if world is None and not brings_policies else world
