"""Actions as people name them: in full, or by a pattern."""

from __future__ import annotations

from iamsim import catalog
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError


def expand_actions(patterns: tuple[str, ...], resource: str | None = None) -> tuple[str, ...]:
    """Actions as they were given; those with wildcards as the catalog has them, where a resource is
    given only those that act on it.

    Raises `RequestError` for a pattern that matches none.
    """
    actions: dict[str, None] = {}
    for pattern in patterns:
        if "*" not in pattern and "?" not in pattern:
            known = catalog.find_action(pattern)
            actions[pattern if known is None else known.full_name] = None
            continue
        expanded = catalog.expand(pattern)
        if not expanded:
            raise RequestError(
                "invalid-action",
                f"no action of the catalog matches `{pattern}`",
                hint="`iamsim catalog actions SERVICE` lists them",
            )
        if resource is not None:
            from iamsim.questions.check import acts_on

            expanded = tuple(action for action in expanded if acts_on(action, resource))
            if not expanded:
                raise RequestError(
                    "invalid-action",
                    f"no action that matches `{pattern}` acts on {quote(resource)}",
                    hint="name an action in full to ask for it in any case",
                )
        actions.update(dict.fromkeys(expanded))
    return tuple(actions)


def check_action(action: str) -> None:
    """Raise `RequestError` for an action that the service reference does not know."""
    if catalog.find_action(action) is None:
        from iamsim.questions.check import QuestionCheck
        from iamsim.questions.sentences import problem_text

        hint = QuestionCheck().unknown_action(action)
        raise RequestError("unknown-action", problem_text(hint))
