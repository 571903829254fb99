"""Laws about permissions: sentences that must hold for every request, tried on many.

A law is a function that takes a request and says whether all is well. `invariant` makes a test of
it, `requests` is the hypothesis strategy behind it, for tests of your own. Requests are drawn near
the policies of your world: its principals and strangers, actions that statements name, resources
near their patterns, and values at which conditions turn. A request that breaks a law is made as
plain as it can be, and shown with its explanation.

The ready laws (`nothing_outside_organization`, `only_in_regions`, `never_without_mfa`) are claims
first: where one is proved it holds for every request, and nothing is tried.

Needs hypothesis, which the extra ``testing`` brings along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from iamsim.catalog.global_services import SPARED_BY_REGION
from iamsim.testing.trial import Asked, LawBroken, Trial, strategy
from iamsim.testing.worlds import current_world

if TYPE_CHECKING:
    from os import PathLike
    from typing import Unpack

    from hypothesis.strategies import SearchStrategy

    from iamsim.api import World
    from iamsim.core.request import ContextValue
    from iamsim.proofs.claims import Claim
    from iamsim.testing import near as nearby
    from iamsim.testing.near import Near
    from iamsim.testing.trial import Law
    from iamsim.world.model import World as Model

    MakeClaim = Callable[[nearby.Scope, Model], Claim | None]
    WorldOrPath = World | str | PathLike[str] | None

__all__ = [
    "GLOBAL_SERVICES",
    "Asked",
    "LawBroken",
    "Options",
    "Scope",
    "check",
    "invariant",
    "never_without_mfa",
    "nothing_outside_organization",
    "only_in_regions",
    "requests",
]

EXAMPLES = 300  # contexts that are drawn
GLOBAL_SERVICES = SPARED_BY_REGION
"""Services that have one endpoint for all Regions, which a lock on Regions usually leaves out:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
"""


class Scope(TypedDict, total=False):
    """What requests are drawn from. `principals`, `actions` and `resources` are patterns with ``*``
    and ``?``; `context` gives for a key the values of which every request has one, `None` for its
    absence. `known` are actions and keys that AWS has and the service reference does not."""

    principals: Sequence[str]
    except_principals: Sequence[str]
    actions: Sequence[str]
    except_actions: Sequence[str]
    resources: Sequence[str]
    context: Mapping[str, Sequence[ContextValue | None]]
    known: Sequence[str]


class Options(Scope, total=False):
    """How a law is tried: `examples` is how many contexts hypothesis draws, `save_to` a suite to
    which a request that breaks it is added, as a case."""

    examples: int
    save_to: str | PathLike[str] | None


def requests(world: World, **scope: Unpack[Scope]) -> SearchStrategy[Asked]:
    """A strategy over requests near the policies of a world; raises `ValueError` where the scope
    leaves nothing to ask."""
    return strategy(_near(world, scope))


def check(
    law: Law,
    world: WorldOrPath = None,
    *,
    title: str | None = None,
    examples: int = EXAMPLES,
    save_to: str | PathLike[str] | None = None,
    **scope: Unpack[Scope],
) -> None:
    """Try a law on many requests; raises `LawBroken` with the plainest request that breaks it.

    A law is broken when it gives `False` or raises `AssertionError`. First every request near the
    policies is tried, plain and in the context that its conditions ask for, then `examples` with
    contexts that hypothesis draws. The same law tries the same requests every time. The world may
    be a path; without one the current world is asked (`iamsim.testing.use_world`, or the fixture
    `world`). `save_to` is a suite to which what was found is added as a case. Raises `ValueError`
    without a world, or where the scope leaves nothing to ask.
    """
    __tracebackhide__ = True
    given: Options = {"examples": examples, "save_to": save_to, **scope}
    _check(law, world, title or _title_of(law), given)


def _check(
    law: Law,
    world: WorldOrPath,
    name: str,
    options: Options,
    outside: Iterable[str] = (),
    claim: MakeClaim | None = None,
) -> None:
    __tracebackhide__ = True
    trial = Trial(law)
    near = _near(_world(world), options, outside)
    refuted: LawBroken | None = None
    if claim is not None:
        settled = _proved(claim, near)
        if settled is True:
            return
        refuted = settled
    law_broken = trial.sweep(near) or trial.draw(near, options.get("examples", EXAMPLES)) or refuted
    if law_broken is not None:
        from iamsim.testing.findings import describe, save_case

        save_to = options.get("save_to")
        saved = save_to is not None and save_case(law_broken.request, name, save_to, _path(world))
        told = describe(
            law_broken.request, name, str(law_broken), trial.tried, save_to if saved else None
        )
        raise LawBroken(told, law_broken.request)


def _proved(claim: MakeClaim, near: Near) -> LawBroken | Literal[True] | None:
    """Whether the claim of a law is proved; a request that refutes it, if it is not."""
    from iamsim.core.errors import InputError
    from iamsim.proofs.prove import prove
    from iamsim.proofs.result import Verdict
    from iamsim.proofs.witnesses import question_of

    made = claim(near.scope, near.world.model)
    if made is None:
        return None
    try:
        result = prove(made, near.world)
    except InputError:
        return None
    if result.witness is not None:
        return LawBroken("", Asked(question_of(result.witness), near.world))
    return True if result.verdict is Verdict.PASS else None


def invariant(
    world: WorldOrPath = None, **options: Unpack[Options]
) -> Callable[[Law], Callable[..., None]]:
    """Make a test of a law; the arguments are those of `check`.

    The docstring of the law is the sentence that a failure shows, else its name. Without a world
    the test takes the fixture `world` of the pytest plugin.
    """

    def decorate(law: Law) -> Callable[..., None]:
        return _test(law, world, _title_of(law), options)

    return decorate


def nothing_outside_organization(
    world: WorldOrPath = None, **options: Unpack[Options]
) -> Callable[..., None]:
    """Make the test that nobody outside of the organization is allowed anything; in a world without
    one, nobody outside of its accounts. AWS services are inside."""

    def law(request: Asked) -> bool:
        return request.denied or request.from_organization

    return _test(law, world, "nothing outside the organization", options, claim=_outside_claim)


def only_in_regions(
    regions: Iterable[str], world: WorldOrPath = None, **options: Unpack[Options]
) -> Callable[..., None]:
    """Make the test that no request outside of some Regions is allowed, but those to
    `GLOBAL_SERVICES` (or, where `except_actions` is given, to those), and those of AWS services."""
    allowed = tuple(regions)

    def law(request: Asked) -> bool:
        return request.denied or request.by_service

    given: Options = {"except_actions": GLOBAL_SERVICES, **options}
    title = f"no request outside {', '.join(allowed)}"

    def claim(scope: nearby.Scope, model: Model) -> Claim | None:
        from iamsim.testing.claimed import only_in

        return only_in(allowed, scope, model)

    return _test(law, world, title, given, allowed, claim)


def never_without_mfa(world: WorldOrPath = None, **options: Unpack[Options]) -> Callable[..., None]:
    """Make the test that nothing is allowed without multi-factor authentication.

    `actions` and `principals` say of what and of whom that is asked. The key is tried as ``false``,
    and absent as with access keys:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """

    def law(request: Asked) -> bool:
        return request.denied or request.by_service

    without: Sequence[ContextValue | None] = (None, "false")
    context = {**options.get("context", {}), "aws:MultiFactorAuthPresent": without}
    given: Options = {**options, "context": context}

    def claim(scope: nearby.Scope, model: Model) -> Claim | None:
        from iamsim.testing import claimed

        return claimed.never_without_mfa(scope, model)

    return _test(law, world, "never without MFA", given, claim=claim)


def _outside_claim(scope: nearby.Scope, model: Model) -> Claim | None:
    from iamsim.testing.claimed import nothing_outside

    return nothing_outside(scope, model)


def _test(
    law: Law,
    world: WorldOrPath,
    title: str,
    options: Options,
    outside: Iterable[str] = (),
    claim: MakeClaim | None = None,
) -> Callable[..., None]:
    if world is None:

        def with_fixture(world: World) -> None:
            __tracebackhide__ = True
            _check(law, world, title, options, outside, claim)

        return _named(with_fixture, law)

    def test() -> None:
        __tracebackhide__ = True
        _check(law, world, title, options, outside, claim)

    return _named(test, law)


def _named(test: Callable[..., None], law: Law) -> Callable[..., None]:
    """Give a test the name and the place of its law, but not its parameters: pytest takes those for
    fixtures."""
    parameters = signature(test)
    made = wraps(law)(test)
    made.__signature__ = parameters  # type: ignore[attr-defined]  # what `inspect` goes by
    return made


def _near(world: World, scope: Scope, outside: Iterable[str] = ()) -> Near:
    """Look at a world; raises `TypeError` for an option that there is not."""
    from iamsim.testing import near as nearby

    unknown = sorted(scope.keys() - Options.__optional_keys__)
    if unknown:
        known = ", ".join(sorted(Options.__optional_keys__))
        message = f"laws have no option `{unknown[0]}`; they have {known}"
        raise TypeError(message)
    _check_names(world, scope)
    given: dict[str, Any] = {
        key: _several(scope[key])
        for key in ("principals", "except_principals", "actions", "except_actions", "resources")
        if key in scope
    }
    context = scope.get("context", {})
    given["context"] = {key: _several(values) for key, values in context.items()}
    given["outside_regions"] = tuple(outside)
    near = nearby.Near(world._compiled, nearby.Scope(**given))  # noqa: SLF001 - the same package
    if not near.principals:
        message = "no principal of the world is allowed anything that fits the scope of the law"
        raise ValueError(message)
    return near


def _check_names(world: World, scope: Scope) -> None:
    """Refuse names that nothing has: a law about them alone would always hold, and beside others
    they would be passed over. Raises `ValueError`."""
    from iamsim.core.errors import RequestError
    from iamsim.proofs.meant import check_pattern
    from iamsim.questions.check import QuestionCheck
    from iamsim.questions.sentences import problem_text
    from iamsim.symbolic.actions import catalog_actions
    from iamsim.testing.near import matcher

    check = QuestionCheck(world.model)
    known = {name.lower() for name in _several(scope.get("known", ()))}
    actions = [*_several(scope.get("actions", ())), *_several(scope.get("except_actions", ()))]
    hints = [
        check.unknown_action(action)
        for action in actions
        if action.lower() not in known and not any(map(matcher((action,)), catalog_actions().names))
    ]
    hints += check.of_keys(
        [key for key in scope.get("context", {}) if key.lower() not in known], ("*",)
    )
    if hints:
        message = f"the scope of the law: {problem_text(hints[0])}"
        raise ValueError(message)
    for pattern in _several(scope.get("principals", ())):
        if not pattern.startswith("arn:"):
            continue
        try:
            check_pattern(pattern, world.model, "the scope of the law")
        except RequestError as error:
            raise ValueError(str(error)) from None


def _several(values: Sequence[Any]) -> tuple[Any, ...]:
    """One text stands for itself, not for its letters."""
    return (values,) if isinstance(values, str) else tuple(values)


def _title_of(law: Law) -> str:
    documentation = (law.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    name = getattr(law, "__name__", "law").removeprefix("test_").replace("_", " ")
    return documentation or name


def _world(world: WorldOrPath) -> World:
    """The world of a law; raises `ValueError` where there is none."""
    import iamsim

    if world is None:
        known = current_world()
        if known is None:
            message = "a law needs a world: give it one, or use the fixture `world` in the test"
            raise ValueError(message)
        return known
    return world if isinstance(world, iamsim.World) else iamsim.load(world)


def _path(world: WorldOrPath) -> str | None:
    """Where the world was read from."""
    if isinstance(world, str | os.PathLike):
        return os.fspath(world)
    model = _world(world).model
    placed: list[Any] = [*filter(None, (model.organization,)), *model.accounts.values()]
    names = (entry.source.name for entry in placed)
    return next((name for name in names if os.path.isfile(name)), None)  # noqa: PTH113 - as worlds name files
