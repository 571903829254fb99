"""Whether a claim can be meant as it stands: one that is about nothing would hold whatever the
policies say, and so prove nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.regions import REGIONS, is_region, may_be_region
from iamsim.catalog.rules import calls_without_policies
from iamsim.checks.arn_formats import cut_arn
from iamsim.compile.policy import CompiledPolicy
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.callers import document_callers
from iamsim.proofs.documents import Asked, ask
from iamsim.proofs.formula import ResourceIn
from iamsim.proofs.globs import ANYTHING, Glob
from iamsim.proofs.search import Place
from iamsim.proofs.space import ActionSpace
from iamsim.proofs.statements import Reader
from iamsim.questions.check import QuestionCheck
from iamsim.questions.near_misses import known_principals
from iamsim.questions.sentences import problem_text
from iamsim.symbolic.actions import all_actions

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.proofs.claims import Claim, Who
    from iamsim.world.model import World

WILD = "*?$"
OF_AWS = "::aws:"  # in the ARNs of managed policies and their like
ENTITIES = ("user/", "role/")


def check_claim(claim: Claim, world: World) -> None:
    """Raise `RequestError` for a claim about callers that nobody is, or about requests that nobody
    can make."""
    where = f"claim {quote(claim.name)}"
    if acts_nowhere(claim.about):
        if any(OF_AWS in glob.head for glob in resources_of(claim.about)):
            raise RequestError(
                "claim-about-nothing",
                f"{where}: what AWS itself manages is in no account of a world",
                hint="who may attach such a policy is asked by a condition on `iam:PolicyARN`",
            )
        raise RequestError(
            "claim-about-nothing",
            f"{where}: its actions act on no such resource",
            hint="give a resource of a type on which the actions act",
        )
    check_regions(claim.about, where)
    _check_controlled(claim, where)
    _check_who(claim.who, world, where, future=claim.future)
    if not claim.about.conditions:
        return
    universe = all_actions()
    actions = universe.actions(universe.mask(claim.about.actions))
    keys = [condition.written_key for condition in claim.about.conditions]
    for hint in QuestionCheck(world).of_keys(keys, actions):
        raise RequestError("claim-about-nothing", f"{where}: {problem_text(hint)}")
    everybody = (*document_callers((claim.about,), trust=False), *document_callers((), trust=True))
    if any(key in caller.known for key in claim.about.keys for caller in everybody):
        return  # it tells callers apart, and these are not all
    policy = CompiledPolicy(claim.name, (claim.about,), claim.about.source)
    if not ask(Asked(policy, None, callers=everybody)):
        raise RequestError(
            "claim-about-nothing",
            f"{where}: no request meets its conditions",
            hint="what no request can be is never allowed, whatever the policies say",
        )


def _check_controlled(claim: Claim, where: str) -> None:
    """Refuse a claim about nothing but actions that no policy controls, which are never counted."""
    patterns = claim.about.actions.patterns
    names = {name.lower() for pattern in patterns for name in catalog.expand(pattern.pattern)}
    if names and not claim.about.actions.negated and names <= calls_without_policies():
        raise RequestError(
            "claim-about-nothing",
            f"{where}: no policy controls {quote(patterns[0].pattern)}",
            hint="leave it out: whoever can call it may, whatever the policies say",
        )


def check_regions(about: CompiledStatement, where: str) -> None:
    """Refuse a resource in a Region that there is not, where none of the actions ever acts."""
    for pattern in about.resources.patterns if about.resources is not None else ():
        arn = cut_arn(pattern.pattern)
        region = arn.region if arn is not None else ""
        if (
            region
            and not set(region) & set(WILD)
            and not (is_region(region) or may_be_region(region))
        ):
            raise RequestError(
                "claim-about-nothing",
                f"{where}: there is no Region {quote(region)}",
                hint=did_you_mean(region, REGIONS),
            )


def acts_nowhere(about: CompiledStatement) -> bool:
    """Whether none of the actions of a statement is seen to act on any of its resources."""
    place = Place(all_actions().mask(about.actions), (resources_of(about),))
    try:
        return ActionSpace().find(place, Budget()) is None
    except OutOfBudgetError:
        return False  # the proof has the same bounds, and says so


def resources_of(about: CompiledStatement) -> tuple[Glob, ...]:
    """The globs of the resources that a statement is about."""
    resources = about.resources
    read = None if resources is None else Reader(all_actions(), 0, None, {}).resource(resources)
    if isinstance(read, ResourceIn) and read.inside:
        return tuple(glob.widened for glob in read.globs)
    return (ANYTHING,)


def _check_who(who: Who, world: World, where: str, *, future: bool) -> None:
    if who.kind == "outside" and who.text == "organization" and world.organization is None:
        raise RequestError(
            "no-organization",
            "a claim asks for callers outside of the organization, and the world has none",
            hint="give the world its organization, or ask for `{outside: account}`",
        )
    if who.kind in {"pattern", "session"}:
        check_pattern(who.text, world, where, future=future)
    for member in who.members:
        _check_who(member, world, where, future=future)


def check_pattern(text: str, world: World, where: str, *, future: bool = False) -> None:
    """Refuse an ARN, or a pattern of one, that can be no principal, and whom an account that says
    who there is does not have, unless `future` principals are meant as well. Raises `RequestError`,
    which says `where`."""
    arn = find_arn(text)
    if arn is None and text != "*":
        raise RequestError(
            "invalid-principal",
            f"{where}: {quote(text)} names no principal",
            hint="an ARN has six parts, a pattern of one too: arn:aws:iam::*:role/NAME",
        )
    if arn is None or future:
        return
    check = QuestionCheck(world)
    if not any(sign in text for sign in WILD):
        for hint in check.of_caller(text):
            raise RequestError("principal-not-listed", f"{where}: {problem_text(hint)}")
    elif arn.resource.startswith(ENTITIES) and check.lists_somebody(text):
        fits = compile_tokens(tokenize(text))
        if not any(map(fits, known_principals(world))):
            raise RequestError(
                "principal-not-listed",
                f"{where}: the world lists the account, and nobody in it fits {quote(text)}",
                hint="with `future: true` a claim is about principals that do not exist yet, too",
            )
