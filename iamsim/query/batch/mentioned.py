"""Outside callers whom conditions name, where a Principal element names everyone or an account.

`"Principal": "*"` under a condition on aws:PrincipalOrgID lets in an organization of which the
world may have no principal at all:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import Verdict
from iamsim.core.wildcard import compile_tokens, example_of, tokenize
from iamsim.query.batch.candidates import (
    EVERYONE,
    Candidate,
    CandidateKind,
    named_candidates,
    partition_of,
)
from iamsim.query.batch.outside import (
    FRESH_ACCOUNT,
    FRESH_ORGANIZATION,
    INSTANCE,
    NOT_THE_OWNER,
    ROOT,
    SOMEBODY,
    Asked,
    mentions_of,
    principals_like,
    somebody_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.facts import ResourceFacts
    from iamsim.query.batch.answers import BatchAnswer
    from iamsim.query.batch.outside import Mentions
    from iamsim.world.model import World

__all__ = ["mentioned_candidates", "without_repeats"]

PARTS = 6  # of an ARN
WILD = frozenset("*?")
UNNAMED = frozenset({CandidateKind.ANY_ACCOUNT, CandidateKind.ORGANIZATION, CandidateKind.UNLISTED})
NO_ORGANIZATION = frozenset({"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"})
Answered = tuple[Candidate, "BatchAnswer"]
OWN_POLICIES = " and the unknown identity-based policy allows it"


def mentioned_candidates(
    names: frozenset[str], facts: ResourceFacts, model: World
) -> list[Candidate]:
    """The callers from outside that only conditions on a resource name. `names` are those in its
    Principal elements (see `granted_names`)."""
    accounts = {
        account
        for kind, _, account in (name.partition(":") for name in names)
        if kind == "account" and account not in model.accounts and is_account_id(account)
    }
    everyone = EVERYONE in names
    if not everyone and not accounts:
        return []
    statements = tuple(_statements(facts))
    mentions = mentions_of(statements)
    found: dict[str, Candidate] = {}
    some: list[Candidate] = [
        one
        for one in named_candidates(_spared(statements), model)
        if everyone or one.account in accounts
    ]
    if everyone:
        more = sorted(one for one in mentions.accounts if one not in model.accounts)
        some += named_candidates([f"account:{one}" for one in more], model)
        accounts.update(more)
    some += _by_arn(mentions, sorted(accounts), model, everyone=everyone)
    if everyone:
        some += _organizations(mentions, model)
        some += _unlisted(mentions, model)
        some += _services(mentions)
        some.append(_anybody(model))
    for candidate in some:
        found.setdefault(candidate.principal, candidate)
    return list(found.values())


def without_repeats(found: list[Answered]) -> list[Answered]:
    """Leave out who is asked for by a condition alone, and can no more than one who is there
    anyway: than anyone at all, or than the account that a policy names."""
    anyone = next((answer for one, answer in found if one.kind is CandidateKind.ANONYMOUS), None)
    accounts = {
        one.account: answer
        for one, answer in found
        if one.kind is CandidateKind.EXTERNAL_ACCOUNT and f":role/{SOMEBODY}" in one.stands
    }
    return [
        (one, answer)
        for one, answer in found
        if not (
            (one.kind in UNNAMED and _repeats(answer, anyone))
            or (one.by_condition and _repeats(answer, accounts.get(one.account)))
        )
    ]


def _repeats(answer: BatchAnswer, other: BatchAnswer | None) -> bool:
    """Whether an answer has the conditions of another, but for the caller's own policies."""
    if other is None or other.verdict is Verdict.ALLOWED:
        return other is not None
    if other.residual is None or answer.residual is None:
        return False
    sentence = other.residual.sentence
    return answer.residual.sentence in {sentence, f"{sentence}{OWN_POLICIES}"}


def _statements(facts: ResourceFacts) -> Iterator[CompiledStatement]:
    """The statements on the resource's side, whose conditions tell callers apart."""
    sets = [placed.policies for placed in facts.policies]
    sets += [policies for _, policies in facts.rcp_levels or ()]
    if facts.grants is not None:
        sets.append(facts.grants)
    for policies in sets:
        for policy in policies.policies:
            yield from policy.statements


def _spared(statements: Iterable[CompiledStatement]) -> frozenset[str]:
    """The names that NotPrincipal spares, which the rest of an account is not."""
    names: set[str] = set()
    for statement in statements:
        if statement.principals is not None and statement.principals.negated:
            names |= statement.principals.names
    return frozenset(names)


def _by_arn(
    mentions: Mentions, accounts: Iterable[str], model: World, *, everyone: bool
) -> Iterator[Candidate]:
    """Principals of other accounts by the patterns of conditions on aws:PrincipalArn."""
    for pattern in mentions.arns:
        parts = pattern.split(":", PARTS - 1)
        if len(parts) != PARTS or "${" in pattern:
            continue
        partition = partition_of(model) if WILD & set(parts[1]) else parts[1]
        examples = [one for one in principals_like(parts[2], parts[5]) if one != ROOT]
        if not examples:
            continue
        fits = compile_tokens(tokenize(parts[4]))
        fresh = f"{parts[4].rstrip('*').replace('?', '0'):0<12}"
        some = {one: one for one in accounts if fits(one)}
        if everyone and is_account_id(fresh) and fresh not in some and fresh not in model.accounts:
            some[fresh] = parts[4]
        for account, shown in some.items():
            head = f"arn:{partition}:{parts[2]}::{account}:"
            yield Candidate(
                ":".join((*parts[:4], shown, parts[5])),
                CandidateKind.EXTERNAL,
                account if account == shown else None,
                standing=tuple(
                    Asked(head + one, unset=NOT_THE_OWNER, outside=True) for one in examples
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
    """The services of the resources for which conditions let requests in."""
    for _, value in mentions.sources:
        arn = find_arn(value)
        if arn is not None and arn.service and not WILD & set(arn.service):
            principal = f"{arn.service}.amazonaws.com"
            yield Candidate(principal, CandidateKind.SERVICE, None)


def _anybody(model: World) -> Candidate:
    """Somebody of an account and an organization that no policy names, then one of none."""
    partition = partition_of(model)
    elsewhere = (
        ("aws:PrincipalOrgID", FRESH_ORGANIZATION),
        ("aws:PrincipalOrgPaths", (f"{FRESH_ORGANIZATION}/r-else/ou-else-else/",)),
    )
    standing = (
        *somebody_of(FRESH_ACCOUNT, partition, elsewhere),
        *somebody_of(FRESH_ACCOUNT, partition, unset=NO_ORGANIZATION),
    )
    return Candidate(EVERYONE, CandidateKind.ANY_ACCOUNT, None, standing=standing)
