"""Gates over what is not known: they fail, unless somebody accepts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.cli.grammar import Option, Options

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.report.unknowns import NotKnown

SHOWN = 5

ACCEPT_UNKNOWN = Option(
    ("--accept-unknown",),
    "Pass in spite of what is not known, and count it.",
    "flag",
)
STRICT = Option(
    ("--strict",),
    "Refuse a world of which something is not known, or can't be read.",
    "flag",
)


def refuse_unknown(options: Options, world: CompiledWorld) -> None:
    """With `--strict`, raise `WorldError` or `PolicyError` for the first thing not known."""
    if not options["strict"]:
        return
    from iamsim.core.errors import WorldError
    from iamsim.world.load import refuse_lost

    refuse_lost(world.model)
    world.check()
    for unknown in world.unknowns():
        raise WorldError(
            "not-known", f"{unknown.what} is not known: {unknown.unknown.why}", span=unknown.span
        )


def code_with_unknowns(
    options: Options,
    unknowns: Sequence[NotKnown],
    code: int,
    unsearched: Sequence[str] = (),
    *,
    unverified: int = 0,
    where: str = "`iamsim world lint` lists them",
) -> int:
    """The exit code of a gate: 1 where something that is not known, or was not searched, could have
    changed its result.

    What it is is said on standard error; with `--accept-unknown` the code stays as it is, and what
    was accepted is counted, whether there is a gate or not; `where` says what lists all. A gate
    that passes over `unverified` collected files says that nothing tells whether they are whole.
    """
    if not unknowns and not unsearched:
        if not code:
            say_unverified(options, unverified)
        return code
    from iamsim.cli.standard_error import say
    from iamsim.report.unknowns import unknown_sentence

    accepted = bool(options["accept_unknown"])
    word = "accepted" if accepted else "failed"
    lines = [f"{word}: {text}" for text in unsearched[:SHOWN]]
    if len(unsearched) > SHOWN:
        lines.append(f"  and {len(unsearched) - SHOWN} more: the answer has them")
    if unknowns:
        lines.append(f"{word}: {unknown_sentence(len(unknowns))}")
    lines += [
        f"  {unknown.span.place}: {unknown.what}: {unknown.unknown.why}"
        for unknown in unknowns[:SHOWN]
    ]
    if len(unknowns) > SHOWN:
        lines.append(f"  and {len(unknowns) - SHOWN} more: {where}")
    if not accepted:
        lines.append("hint: `--accept-unknown` lets it pass in spite of that")
    say(*lines)
    return code if accepted else 1


def say_unverified(options: Options, number: int) -> None:
    """Say of a gate that passes that nothing tells whether what was collected is whole."""
    if number and not options["quiet"]:
        from iamsim.cli.standard_error import say
        from iamsim.report.unknowns import unverified_sentence

        say(f"note: {unverified_sentence(number)}")
