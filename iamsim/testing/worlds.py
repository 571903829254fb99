"""The world that assertions ask when they are given none."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.api import Answer, World

__all__ = ["answer_of", "current_world", "use_world"]

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
    import iamsim  # noqa: PLC0415 - nothing is loaded before something is asked
    from iamsim.engine.question import AttachedPolicies  # noqa: PLC0415 - as above

    brings_policies = any(one.name in question for one in fields(AttachedPolicies))
    if world is None and not brings_policies:
        world = current_world()
    if world is None:
        return iamsim.explain(**question)
    return world.explain(**question)
