"""Everybody whom the statements about a resource tell apart, and whom the world does not list.

Those that Principal elements name, those that only conditions designate, and one of everybody else
of each kind. `"Principal": "*"` under a condition on aws:PrincipalOrgID lets in an organization of
which the world may have no principal at all:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.wildcard import compile_tokens, example_of, tokenize
from iamsim.universe.asked import (
    FRESH_ACCOUNT,
    FRESH_ORGANIZATION,
    NOT_THE_OWNER,
    SOMEBODY,
    Asked,
    somebody_of,
)
from iamsim.universe.candidates import (
    EVERYONE,
    Candidate,
    CandidateKind,
    granted_by,
    named_candidates,
    partition_of,
)
from iamsim.universe.mentions import (
    INSTANCE,
    ROOT,
    SOME_SERVICE,
    Mentions,
    mentions_of,
    principals_like,
    singled_out,
)
from iamsim.universe.shares import shares_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import ResourceFacts
    from iamsim.engine.question import ContextValue
    from iamsim.world.model import World

PARTS = 6  # of an ARN
WILD = frozenset("*?")
NO_ORGANIZATION = frozenset({"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"})
FRESH_USER_ID = "AIDAIAMSIMELSEWHERE00"  # an id that no policy names
ANY_SERVICE = frozenset({"aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})


def others_of(
    statements: Sequence[CompiledStatement],
    model: World,
    names: frozenset[str] | None = None,
    *,
    restricted: bool = False,
) -> list[Candidate]:
    """The callers that statements on a resource's side tell apart, and that the world does not
    list. `names` are those in its Principal elements, by default of all statements that allow; with
    `restricted` Block Public Access leaves what is public to services alone.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    if names is None:
        names = granted_by(statements)
    others = {
        named_candidate.principal: named_candidate
        for named_candidate in named_candidates(names, model)
    }
    for candidate in _designated(statements, model, names):
        others.setdefault(candidate.principal, candidate)
    if restricted and EVERYONE in names:
        some = Candidate(SOME_SERVICE, CandidateKind.SERVICE, None)
        others.setdefault(some.principal, some)
    return list(others.values())


def _designated(
    statements: Sequence[CompiledStatement], model: World, names: frozenset[str]
) -> Iterator[Candidate]:
    """Those that only conditions name, where a Principal element names everyone or an account, and
    one of everybody else."""
    yield from _canonical_users(names, model)
    apart = named_candidates(singled_out(statements), model)
    # A session of a listed role has what the role has, whomever the resource's policies let in.
    yield from (candidate for candidate in apart if candidate.kind is CandidateKind.SESSION)
    accounts = {
        account
        for kind, _, account in (name.partition(":") for name in names)
        if kind == "account" and account not in model.accounts and is_account_id(account)
    }
    everyone = EVERYONE in names
    if not everyone and not accounts:
        return
    mentions = mentions_of(statements)
    for candidate in apart:
        if everyone or candidate.account in accounts:
            yield candidate
    if everyone:
        more = sorted(account for account in mentions.accounts if account not in model.accounts)
        yield from named_candidates([f"account:{text}" for text in more], model)
        accounts.update(more)
    yield from _by_arn(mentions, sorted(accounts), model, everyone=everyone)
    if everyone:
        yield from _organizations(mentions, model)
        yield from _unlisted(mentions, model)
        yield from _services(mentions)
        yield from _by_user_id(mentions, model)
        yield _anybody(mentions, model)


def statements_about(facts: ResourceFacts) -> Iterator[CompiledStatement]:
    """The statements on the resource's side, whose conditions tell callers apart."""
    sets = [placed.policies for placed in facts.policies]
    sets += [policies for _, policies in facts.rcp_levels or ()]
    shares = shares_of(facts.shared_with, facts.shared_for)
    sets += [policies for policies in (facts.grants, shares) if policies is not None]
    for policies in sets:
        for policy in policies.policies:
            yield from policy.statements


def future_of(
    statements: Sequence[CompiledStatement], model: World, accounts: Iterable[str]
) -> Iterator[Candidate]:
    """Principals of listed accounts that do not exist yet: whom Principal and NotPrincipal elements
    and conditions on aws:PrincipalArn name in advance, then any other of each account."""
    taken = [user.arn for owner in model.accounts.values() for user in owner.users.values()]
    taken += [role.arn for owner in model.accounts.values() for role in owner.roles.values()]
    names = granted_by(statements) | singled_out(statements)
    named = (name.partition(":") for name in sorted(names))
    patterns = dict.fromkeys(text for kind, _, text in named if kind == "aws")
    patterns.update(dict.fromkeys(mentions_of(statements).arns))
    for pattern in patterns:
        parts = pattern.split(":", PARTS - 1)
        if len(parts) != PARTS or "${" in pattern or parts[2] != "iam":
            continue
        fits = compile_tokens(tokenize(pattern))
        examples = [part for part in principals_like(parts[2], parts[5]) if part != ROOT]
        of_account = compile_tokens(tokenize(parts[4]))
        for account in model.accounts.values():
            head = f"arn:{account.partition}:iam::{account.id}:"
            some = [
                head + example
                for example in examples
                if model.find_principal(head + example) is None
            ]
            if some and of_account(account.id) and not any(fits(text) for text in taken):
                partition = account.partition if parts[1] == "*" else parts[1]
                shown = f"arn:{partition}:iam::{account.id}:{parts[5]}"
                yield _future(shown, account.id, some)
    for account_id in accounts:
        known = model.accounts.get(account_id)
        if known is not None:
            head = f"arn:{known.partition}:iam::{account_id}:"
            some = [f"{head}role/{SOMEBODY}", f"{head}user/{SOMEBODY}"]
            yield _future(f"{head}*", account_id, some)


def _future(shown: str, account: str, standing: Iterable[str]) -> Candidate:
    """Somebody whose policies nobody knows yet."""
    asked = tuple(Asked(text, unset=NOT_THE_OWNER, outside=True) for text in standing)
    return Candidate(shown, CandidateKind.FUTURE, account, standing=asked)


def _canonical_users(names: Iterable[str], model: World) -> Iterator[Candidate]:
    """The accounts behind canonical user ids that no account of the world has.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
    """
    known = {account.canonical_user_id for account in model.account_names}
    for name in sorted(names):
        kind, _, text = name.partition(":")
        if kind == "canonicaluser" and text not in known:
            standing = tuple(
                asked._replace(canonical_user=text)
                for asked in somebody_of(FRESH_ACCOUNT, partition_of(model))
            )
            yield Candidate(text, CandidateKind.CANONICAL_USER, None, standing=standing)


def _by_arn(
    mentions: Mentions, accounts: Iterable[str], model: World, *, everyone: bool
) -> Iterator[Candidate]:
    """Principals of other accounts by the patterns of conditions on aws:PrincipalArn."""
    for pattern in mentions.arns:
        parts = pattern.split(":", PARTS - 1)
        if len(parts) != PARTS or "${" in pattern:
            continue
        partition = partition_of(model) if WILD & set(parts[1]) else parts[1]
        examples = [part for part in principals_like(parts[2], parts[5]) if part != ROOT]
        if not examples:
            continue
        fits = compile_tokens(tokenize(parts[4]))
        fresh = f"{parts[4].rstrip('*').replace('?', '0'):0<12}"
        some = {account: account for account in accounts if fits(account)}
        if everyone and is_account_id(fresh) and fresh not in some and fresh not in model.accounts:
            some[fresh] = parts[4]
        for account, shown in some.items():
            head = f"arn:{partition}:{parts[2]}::{account}:"
            yield Candidate(
                f"arn:{partition}:{parts[2]}::{shown}:{parts[5]}",
                CandidateKind.EXTERNAL,
                account if account == shown else None,
                standing=tuple(
                    Asked(head + example, unset=NOT_THE_OWNER, outside=True) for example in examples
                ),
            )


def _organizations(mentions: Mentions, model: World) -> Iterator[Candidate]:
    """Organizations other than the world's own, or parts of them."""
    own = None if model.organization is None else model.organization.id
    for organization, path in mentions.organizations:
        if organization == own:
            continue
        whole = path == f"{organization}/"
        context: Mapping[str, str | tuple[str, ...]] = {
            "aws:PrincipalOrgID": organization,
            **({} if whole else {"aws:PrincipalOrgPaths": (example_of(path, INSTANCE),)}),
        }
        standing = somebody_of(FRESH_ACCOUNT, partition_of(model), tuple(context.items()))
        shown = organization if whole else path
        yield Candidate(shown, CandidateKind.ORGANIZATION, None, standing=standing)


def _unlisted(mentions: Mentions, model: World) -> Iterator[Candidate]:
    """Accounts of the own organization without any data, once for each place in its tree."""
    own = None if model.organization is None else model.organization.id
    if own is None or all(organization != own for organization, _ in mentions.organizations):
        return
    found: dict[str, str] = {}
    management = model.organization.management_account if model.organization else None
    for account in sorted({*model.index.nodes, *([management] if management else [])}):
        if account not in model.accounts:
            nodes = model.organization_path(account) or ()
            place = "/".join((own, *(node.id or node.name for node in nodes)))
            found.setdefault(f"{place}/", account)
    for place, account in found.items():
        standing = somebody_of(account, partition_of(model))
        yield Candidate(place, CandidateKind.UNLISTED, None, standing=standing)


def _services(mentions: Mentions) -> Iterator[Candidate]:
    """The services of the resources for which conditions let requests in, and those that conditions
    name; where only an account or an organization is named, some service that no policy names."""
    some: dict[str, None] = {}
    for key, value in mentions.sources:
        arn = find_arn(value)
        if arn is not None and arn.service and not WILD & set(arn.service):
            some[f"{arn.service}.amazonaws.com"] = None
        elif key in ANY_SERVICE:
            some[SOME_SERVICE] = None
    for name in (*some, *mentions.services):
        yield Candidate(name, CandidateKind.SERVICE, None)


def _by_user_id(mentions: Mentions, model: World) -> Iterator[Candidate]:
    """Principals of other accounts by the unique ids of conditions on aws:userid.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    if not mentions.user_ids:
        return
    known = {user.id for account in model.accounts.values() for user in account.users.values()}
    known |= {role.id for account in model.accounts.values() for role in account.roles.values()}
    for pattern in mentions.user_ids:
        unique_id = pattern.partition(":")[0]
        kind = "role" if unique_id.startswith("AROA") else "user"
        if unique_id in known or "${" in pattern or not WILD.isdisjoint(unique_id):
            continue
        context = (("aws:userid", example_of(pattern, INSTANCE)),)
        arn = f"arn:{partition_of(model)}:iam::{FRESH_ACCOUNT}:{kind}/{SOMEBODY}"
        asked = Asked(arn, context, NOT_THE_OWNER, outside=True)
        yield Candidate(pattern, CandidateKind.BY_USER_ID, None, standing=(asked,))


def _anybody(mentions: Mentions, model: World) -> Candidate:
    """Somebody of an account and an organization that no policy names, then one of none; with an
    id that no policy names, where some name ids."""
    partition = partition_of(model)
    own: tuple[tuple[str, ContextValue], ...] = ()
    if mentions.user_ids:
        own = (("aws:userid", FRESH_USER_ID),)
    elsewhere = (
        *own,
        ("aws:PrincipalOrgID", FRESH_ORGANIZATION),
        ("aws:PrincipalOrgPaths", (f"{FRESH_ORGANIZATION}/r-else/ou-else-else/",)),
    )
    standing = (
        *somebody_of(FRESH_ACCOUNT, partition, elsewhere),
        *somebody_of(FRESH_ACCOUNT, partition, own, unset=NO_ORGANIZATION),
    )
    return Candidate(EVERYONE, CandidateKind.ANY_ACCOUNT, None, standing=standing)
