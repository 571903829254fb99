"""`can(principal).do(action).on(resource)`: permissions as sentences that are true or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamsim.core.decision import Verdict
from iamsim.testing.worlds import answer_of, problems_of

if TYPE_CHECKING:
    from typing import Unpack

    from iamsim.api import Answer, World
    from iamsim.api.inputs import PolicyArguments

# The last sentence that was asked for its truth, which a failing `assert` is probably about.
last_asked: list[Question] = []


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
    _known: tuple[str, ...] = ()

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

    def knowing(self, *names: str) -> Can:
        """Name actions, keys and others that AWS has though the service reference lacks them."""
        return replace(self, _known=(*self._known, *names))

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        __tracebackhide__ = True  # pytest shows the sentence, not what refuses it
        raise TypeError(f"{self!r} asks nothing yet: go on with `.do(ACTION).on(RESOURCE)`")

    def __repr__(self) -> str:
        """As it is written."""
        return f"can({self._question['principal']!r})"

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

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        __tracebackhide__ = True  # pytest shows the sentence, not what refuses it
        raise TypeError(f"{self!r} asks nothing yet: go on with `.on(RESOURCE)`, or `.on()`")

    def __repr__(self) -> str:
        """As it is written."""
        return f"{self._can!r}.do({', '.join(map(repr, self._actions))})"


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that is true when every action is allowed on every resource.

    Its text is the reason; the pytest plugin shows it where an `assert` fails. Raises
    `AssertionError` where it is asked for its truth, is not true, and can't be meant, or depends on
    what is not known.
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
        __tracebackhide__ = True
        verdicts = {answer.verdict for answer in self.answers}
        allowed = verdicts == {Verdict.ALLOWED}
        last_asked[:] = [self]
        problems = () if allowed else self._problems()
        if problems:
            text = "\n".join(problems)
            raise AssertionError(f"{self._written()} is denied, but it can't be meant:\n{text}")
        if not allowed and verdicts <= {Verdict.ALLOWED, Verdict.CONDITIONAL}:
            raise AssertionError(f"{self._written()} is neither true nor false:\n{self}")
        return allowed

    def _problems(self) -> tuple[str, ...]:
        """What makes it meaningless that this is not allowed, each thing once."""
        can = self._can
        problems = (
            problem
            for answer in self.answers
            if not answer.allowed
            for problem in problems_of(answer, can._world, can._question, can._known)  # noqa: SLF001 - as above
        )
        return tuple(dict.fromkeys(problems))

    def _written(self) -> str:
        doing = Doing(self._can, self._actions)
        return f"{doing!r}.on({', '.join(map(repr, self._resources))})"

    def __str__(self) -> str:
        """Say what came of it, and why: first of what is denied, else of everything."""
        answers = self.answers
        denied = [answer for answer in answers if not answer.allowed]
        return "\n".join(answer.in_short() for answer in denied or answers)

    def __repr__(self) -> str:
        """What was asked and what came of it, in one line."""
        denied = [answer.verdict.value for answer in self.answers if not answer.allowed]
        return f"<{self._written()}: {denied[0] if denied else 'allowed'}>"
