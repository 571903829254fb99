"""`assert_allowed` and its kin: one line in a test, and a message worth reading when it fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from iamsim.testing.worlds import answer_of, problems_of

if TYPE_CHECKING:
    from iamsim.api import Answer, World
    from iamsim.core.decision import Layer, Verdict

DENIALS = frozenset({"explicitDeny", "implicitDeny"})
EXPECTATIONS = frozenset({"allowed", "denied", "conditional", *DENIALS})


def assert_allowed(world: World | None = None, /, **question: Any) -> Answer:  # noqa: ANN401 - as `iamsim.explain`
    """Assert that a request is allowed; gives its answer.

    The arguments are those of `iamsim.explain` or `World.explain`. Raises `AssertionError` with the
    reason and the policy line that decided, and `InputError` for what can't be asked.
    """
    __tracebackhide__ = True
    return assert_decision("allowed", world, **question)


def assert_denied(
    world: World | None = None,
    /,
    *,
    because: Layer | str | None = None,
    known: Iterable[str] = (),
    **question: Any,  # noqa: ANN401 - as `iamsim.explain`
) -> Answer:
    """Assert that a request is denied, explicitly or for want of an allow; gives its answer.

    `because` is the layer that must decide, such as ``permissions-boundary``: a denial for another
    reason than the one that was meant fails as well, and so does one of a question that can't be
    meant, such as a misspelled action: `known` are names that AWS has though the service reference
    lacks them. Raises as `assert_allowed` does.
    """
    __tracebackhide__ = True
    return assert_decision("denied", world, because=because, known=known, **question)


def assert_decision(
    expected: Verdict | str,
    world: World | None = None,
    /,
    *,
    because: Layer | str | None = None,
    known: Iterable[str] = (),
    **question: Any,  # noqa: ANN401 - as `iamsim.explain`
) -> Answer:
    """Assert which decision a request gets: `allowed`, `denied`, `explicitDeny`, `implicitDeny` or
    `conditional`; gives its answer. `known` is as in `assert_denied`. Raises as `assert_allowed`
    does, and `ValueError` for a decision or layer that does not exist."""
    __tracebackhide__ = True
    wanted = _value(expected)
    if wanted not in EXPECTATIONS:
        message = f"there is no decision `{wanted}`; use one of {', '.join(sorted(EXPECTATIONS))}"
        raise ValueError(message)
    layer = None if because is None else _layer(because)
    answer = answer_of(world, question)
    got = answer.verdict.value
    if got != wanted and not (wanted == "denied" and got in DENIALS):
        raise AssertionError(f"expected {wanted}, got {got}\n{answer.in_short()}")
    if layer is not None and answer.decision.layer is not layer:
        decided = "no layer" if answer.decision.layer is None else answer.decision.layer.value
        message = f"expected {wanted} because of {layer.value}, got it because of {decided}"
        raise AssertionError(f"{message}\n{answer.in_short()}")
    problems = problems_of(answer, world, question, known)
    if problems:
        message = f"{wanted} as expected, but the question can't be meant:"
        raise AssertionError("\n".join([message, *problems, answer.in_short()]))
    return answer


def _value(expected: Verdict | str) -> str:
    return expected if isinstance(expected, str) else expected.value


def _layer(because: Layer | str) -> Layer:
    from iamsim.core.decision import Layer

    if isinstance(because, Layer):
        return because
    try:
        return Layer(because)
    except ValueError:
        names = ", ".join(layer.value for layer in Layer)
        message = f"there is no layer `{because}`; use one of {names}"
        raise ValueError(message) from None
