"""One law before many requests: what it is asked of, and what comes of it.

Nothing of hypothesis is imported before a law is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from iamsim.api import Answer
    from iamsim.core.decision import Decision
    from iamsim.core.request import ContextValue
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.testing.near import Near

    Law = Callable[["Asked"], object]

SWEEP = 50_000  # requests that are tried one after the other


class LawBroken(AssertionError):  # noqa: N818 - what a person reads in a test report
    """A request breaks a law: `request` is the plainest one that was found."""

    def __init__(self, message: str, request: Asked) -> None:
        """Keep what was found."""
        super().__init__(message)
        self.request = request


class Asked:
    """A request that a law is tried on, with its decision."""

    def __init__(self, question: Question, world: CompiledWorld) -> None:
        """Take a question; it is asked when somebody looks."""
        self.question = question
        self.world = world

    @property
    def principal(self) -> str:
        """Who asks."""
        return self.question.principal

    @property
    def action(self) -> str:
        """What for, as AWS writes it."""
        return self.question.action

    @property
    def service(self) -> str:
        """The service of the action: ``s3``."""
        return self.question.action.partition(":")[0]

    @property
    def resource(self) -> str:
        """On what."""
        return self.question.resource

    @property
    def context(self) -> Mapping[str, ContextValue]:
        """The context keys that were drawn; others are derived from the world, or absent."""
        return self.question.context

    @cached_property
    def decision(self) -> Decision:
        """The decision."""
        from iamsim.symbolic.partial import decide

        return decide(self.question, self.world)

    @property
    def allowed(self) -> bool:
        """Whether it is allowed."""
        return self.decision.allowed

    @property
    def denied(self) -> bool:
        """Whether it is denied, explicitly or for want of an allow."""
        return not self.decision.allowed

    @cached_property
    def answer(self) -> Answer:
        """The explained answer."""
        from iamsim.api.answer import Answer
        from iamsim.symbolic.partial import answer

        return Answer(answer(self.question, self.world))

    @cached_property
    def principal_account(self) -> str | None:
        """The account of who asks; `None` for services and for anonymous requests."""
        from iamsim.core.arn import find_arn

        arn = find_arn(self.question.principal)
        return None if arn is None else arn.account

    @property
    def by_service(self) -> bool:
        """Whether an AWS service asks."""
        from iamsim.engine.callers import SERVICE

        return SERVICE.fullmatch(self.principal) is not None

    @cached_property
    def from_organization(self) -> bool:
        """Whether who asks belongs to the organization of the world, or to one of its accounts
        where it has none; AWS services do."""
        from iamsim.core.arn import find_arn

        if find_arn(self.principal) is None:
            return self.principal != "anonymous"
        account, model = self.principal_account or "", self.world.model
        if model.organization is None:
            return account in model.accounts
        return model.in_organization(account)

    def __repr__(self) -> str:
        """Say who asks for what."""
        context = f" with {dict(self.context)}" if self.context else ""
        return f"<Asked {self.principal} {self.action} {self.resource}{context}>"


def strategy(near: Near) -> SearchStrategy[Asked]:
    """A hypothesis strategy: who, what on what, and a value for each key that is read."""
    from hypothesis import strategies

    from iamsim.suites.told import in_its_region

    @strategies.composite
    def asked(draw: DrawFn) -> Asked:
        principal = draw(strategies.sampled_from(near.principals))
        question = near.question(principal, draw(strategies.sampled_from(near.pairs(principal))))
        context = {
            key: value
            for key, values in near.edges(question)
            if (value := draw(strategies.sampled_from(values))) is not None
        }
        return Asked(in_its_region(replace(question, context=context)), near.world)

    return asked()


class Trial:
    """One law before many requests."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self.tried = 0

    def run(self, request: Asked) -> None:
        """Try one; raises `LawBroken`. What can't be asked breaks no law."""
        from iamsim.core.errors import IamsimError

        self.tried += 1
        try:
            request.decision  # noqa: B018 - whether it can be asked
        except IamsimError:
            return
        told = ""
        try:
            broken = self._law(request) is False
        except AssertionError as error:
            broken, told = True, str(error)
        if broken:
            raise LawBroken(told, request)

    def sweep(self, near: Near) -> LawBroken | None:
        """Try what lies nearest, in order."""
        try:
            for question in islice(near.sweep(), SWEEP):
                self.run(Asked(question, near.world))
        except LawBroken as error:
            return self._plainer(error)
        return None

    def draw(self, near: Near, examples: int) -> LawBroken | None:
        """Try what hypothesis draws, which also makes what it finds plain."""
        from hypothesis import HealthCheck, Phase, given, settings

        trying = settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )

        @trying
        @given(strategy(near))
        def run(request: Asked) -> None:
            self.run(request)

        try:
            run()
        except LawBroken as error:
            return error
        return None

    def _plainer(self, found: LawBroken) -> LawBroken:
        """Leave out the keys of the context that the law is broken without."""
        for key in tuple(found.request.context):
            known = found.request
            left = {name: value for name, value in known.context.items() if name != key}
            try:
                self.run(Asked(replace(known.question, context=left), known.world))
            except LawBroken as error:
                found = error
        return found
