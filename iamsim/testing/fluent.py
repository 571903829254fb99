"""`can(principal).do(action).on(resource)`: permissions as sentences that are true or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamsim.testing.worlds import answer_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from iamsim.api import Answer, World
    from iamsim.api.inputs import PolicyArguments

__all__ = ["Can", "Doing", "Question", "can"]


def can(principal: str, *, world: World | None = None) -> Can:
    """Start a sentence about what a principal can do: ``can(role).do("s3:GetObject").on(arn)``.

    Without `world` the current world is asked (`iamsim.testing.use_world`, or the pytest fixture
    `world`), or only the policies of `with_policies`.
    """
    return Can(world, {"principal": principal})


@dataclass(frozen=True, slots=True)
class Can:
    """A principal, and how the request comes; `do` goes on."""

    _world: World | None
    _question: dict[str, Any]

    def do(self, *actions: str) -> Doing:
        """Name the actions; with several, all must be allowed."""
        if not actions:
            message = "`do` needs an action"
            raise ValueError(message)
        return Doing(self, actions)

    def with_context(self, context: Mapping[str, object] | None = None, **keys: object) -> Can:
        """Add context keys; in keyword form ``__`` stands for the colon: ``aws__SourceIp``."""
        added = {**(context or {}), **{key.replace("__", ":"): v for key, v in keys.items()}}
        return self._with(context={**self._question.get("context", {}), **added})

    def with_session(self, **session: object) -> Can:
        """Say how the caller's session was made: `name`, `policies`, `tags`, `source_identity`."""
        return self._with(session=session)

    def with_policies(self, **policies: Unpack[PolicyArguments]) -> Can:
        """Give the policies instead of a world, under the names of `iamsim.explain`."""
        return self._with(**policies)

    def through(self, vpc_endpoint: str | None = None, service: str | None = None) -> Can:
        """Let the request come through a VPC endpoint, or be made on the caller's behalf."""
        given = {"vpc_endpoint": vpc_endpoint, "service": service}
        return self._with(via={key: value for key, value in given.items() if value is not None})

    def _with(self, **more: object) -> Can:
        return replace(self, _question={**self._question, **more})


@dataclass(frozen=True, slots=True)
class Doing:
    """A principal and actions; `on` makes it a question."""

    _can: Can
    _actions: tuple[str, ...]

    def on(self, *resources: str) -> Question:
        """Name the resources; with several, all must be allowed. None is every resource, for
        actions without a resource type."""
        return Question(self._can, self._actions, resources or ("*",))


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that is true when every action is allowed on every resource.

    Its text is the reason, so that a failing `assert` says why.
    """

    _can: Can
    _actions: tuple[str, ...]
    _resources: tuple[str, ...]
    _answers: list[Answer] = field(default_factory=list, compare=False)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The explained answers, one for each pair of action and resource; made when asked for.
        Raises `InputError` for what can't be asked."""
        if not self._answers:
            question = self._can._question  # noqa: SLF001 - one sentence in two parts
            self._answers.extend(
                answer_of(self._can._world, {**question, "action": action, "resource": resource})  # noqa: SLF001 - as above
                for action in self._actions
                for resource in self._resources
            )
        return tuple(self._answers)

    def __bool__(self) -> bool:
        """Whether all of it is allowed."""
        return all(answer.allowed for answer in self.answers)

    def __repr__(self) -> str:
        """Say what came of it, and why: first of what is denied, else of everything."""
        answers = self.answers
        denied = [answer for answer in answers if not answer.allowed]
        return "\n".join(answer.in_short() for answer in denied or answers)
