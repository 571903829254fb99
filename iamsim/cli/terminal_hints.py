"""Did-you-mean for requests that are answered as they stand, on standard error.

Hints about principals and resources are for a terminal only: a world need not list all. A key that
was typed and that neither AWS nor a policy knows is a slip in a script as well.
An answer does not depend on these hints, nor does an exit code; `--quiet` leaves them out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.world.model import World

# Keys that are given a value are told in the answer itself (`iamsim.questions`).
_NOT_IN_ANSWERS = ("unset", "unknown")


def write_hints(
    answers: Sequence[Answer],
    options: Options,
    world: World | None,
    fields: Sequence[str] = _NOT_IN_ANSWERS,
) -> None:
    """Write what may be misspelled; `fields` are the options whose keys are looked at."""
    if options["quiet"]:
        return
    find = hints_of if sys.stderr.isatty() else _key_hints
    hints = list(find(answers, options, world, fields))
    if hints:
        from iamsim.cli.standard_error import say

        say(*(f"hint: {hint}" for hint in hints))


def hints_of(
    answers: Sequence[Answer],
    options: Options,
    world: World | None,
    fields: Sequence[str] = _NOT_IN_ANSWERS,
) -> Iterator[str]:
    """Give a sentence for each principal, resource and key that nobody knows and that comes close
    to one that is known."""
    from iamsim.questions.near_misses import near_principal, near_resource

    requests = [answer.request for answer in answers]
    if world is not None:
        for principal in dict.fromkeys(request.principal for request in requests):
            near = near_principal(principal, world)
            if near is not None:
                yield _not_in_world(principal, near)
    resources = {request.resource: request.action for request in reversed(requests)}
    for resource, action in reversed(resources.items()):
        near = near_resource(resource, action, world)
        if near is not None:
            yield _not_in_world(resource, near, "the world" if world is not None else "AWS")
    yield from _key_hints(answers, options, world, fields)


def _key_hints(
    answers: Sequence[Answer], options: Options, _world: World | None, fields: Sequence[str]
) -> Iterator[str]:
    """Give a sentence for each key alone."""
    typed = _typed_keys(options, fields)
    if not typed:
        return
    from iamsim.query.hints import find_question_hints
    from iamsim.questions.near_misses import near_key
    from iamsim.symbolic.unknowns import THINGS

    read = _keys_read(answers)
    said = {hint.subject.lower() for answer in answers for hint in find_question_hints(answer)}
    for key in typed:
        if key.lower() in THINGS or key.lower() in said:
            continue
        near = near_key(key, read)
        if near is not None:
            yield (f"no policy reads `{key}`, and AWS has no such key; did you mean `{near}`?")


def _not_in_world(text: str, near: str, where: str = "the world") -> str:
    return f"`{text}` is not in {where}; did you mean `{near}`?"


def _typed_keys(options: Options, fields: Sequence[str]) -> tuple[str, ...]:
    """The keys that were typed, each once."""
    words = (word for field in fields for word in options.texts(field))
    return tuple(dict.fromkeys(word.partition("=")[0] for word in words))


def _keys_read(answers: Sequence[Answer]) -> tuple[str, ...]:
    """The keys that statements about the requests read."""
    from iamsim.report.keys import key_rows

    rows = (row for answer in answers for row in key_rows(answer, frozenset(), partial=False))
    return tuple(row.key for row in rows if row.read_by)
