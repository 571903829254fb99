"""The callers that the principal elements of documents tell apart, one for each kind.

Whoever is not named behaves like one of: another principal of a named account, a principal of any
other account, a service, a federated caller, anybody without a signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.presence import CallerColumn, Way
from iamsim.compile.principal import UNIQUE_IDS
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import replace
from iamsim.core.errors import RequestError
from iamsim.core.request import Caller, CallerKind, ContextValue, GrantKind
from iamsim.core.wildcard import Wildcard
from iamsim.engine.callers import make_caller
from iamsim.engine.question import PLAIN_SESSION
from iamsim.proofs.calls import fits
from iamsim.proofs.formats import USUAL_PARTITIONS, partitions_named
from iamsim.proofs.globs import Glob, Kind, literal_glob
from iamsim.proofs.keys import ACCOUNT, free_domain
from iamsim.universe.mentions import mentions_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.proofs.conditions import Domain

    Values = Mapping[str, ContextValue | None]

COLUMNS = {
    CallerKind.ROOT_USER: CallerColumn.ROOT_USER,
    CallerKind.USER: CallerColumn.USER,
    CallerKind.ROLE_SESSION: CallerColumn.ROLE_SESSION,
    CallerKind.FEDERATED_USER: CallerColumn.FEDERATED_USER,
    CallerKind.ASSUMED_ROOT: CallerColumn.ASSUMED_ROOT,
    CallerKind.SERVICE: CallerColumn.SERVICE,
    CallerKind.IDENTITY_PROVIDER: CallerColumn.IDENTITY_PROVIDER,
    CallerKind.ORIGIN_ACCESS_IDENTITY: CallerColumn.ORIGIN_ACCESS_IDENTITY,
    CallerKind.ANONYMOUS: CallerColumn.ANONYMOUS,
}
WAYS = (Way.PUBLIC, Way.ENDPOINT, Way.FORWARDED)
SIGNED = (
    CallerColumn.ROOT_USER,
    CallerColumn.USER,
    CallerColumn.SESSION_TOKEN,
    CallerColumn.ROLE_SESSION,
    CallerColumn.FEDERATED_USER,
)
KINDS = (("iam", "user"), ("iam", "role"), ("sts", "federated-user"))
UNNAMED = "a policy names {}, and nothing tells whose that is"
# AWS's samples for its custom checks take it for every provider; no page says what it matches.
EVERY, ANY_PROVIDER = "*", "federated:*"
UNSAID = "a policy names the provider `*`, and no page of AWS says whom that lets in"
OTHER_ACCOUNTS = ("777788889999", "555566667777", "123412341234")
OTHER_SERVICES = ("monitoring.amazonaws.com", "zz-some-service.amazonaws.com")
ANONYMOUS, SERVICE = "anonymous", "service"
ARN_KEY = "aws:principalarn"
OTHER_PROVIDER = "arn:{}:iam::{}:oidc-provider/login.example.net"
NAME = (Kind.WORD, Kind.WORD_STAR)
ACCOUNT_ID = (Kind.DIGIT,) * 12


class DocumentCaller(NamedTuple):
    """One kind of caller: how policies name it, the keys that are settled, the forms of others.
    `alias` is another name that policies have for it, of which nothing tells whose it is, and
    `unnamed` says so. It reaches only `resources`, any where there are none."""

    principal: str
    caller: Caller | None
    columns: tuple[CallerColumn, ...]
    known: Values
    domains: Mapping[str, Domain]
    alias: str | None = None
    unnamed: str | None = None
    resources: tuple[Glob, ...] = ()

    def named(self, values: Values) -> tuple[str, Caller]:
        """A principal that is this caller, with the ARN that a request asks for; and the engine's
        caller for it."""
        arn = values.get(ARN_KEY)
        account = values.get("aws:principalaccount") or values.get("kms:calleraccount")
        principal = in_account(self.principal, account)
        if ARN_KEY not in self.known and isinstance(arn, str) and caller_of(arn):
            principal = arn
        elif self.caller is None:  # somebody whose keys those of the request could be
            head = principal[: principal.index(":iam:")]
            examples = (in_account(f"{head}{somebody}", account) for somebody in SOMEBODY)
            principal = next(
                (example for example in examples if _is_of(example, values)), principal
            )
        made = caller_of(principal)
        if made is None:
            raise ValueError(principal)
        return principal, made if self.alias is None else _also(made, self.alias)


def _is_of(principal: str, values: Values) -> bool:
    """Whether a request could be a principal's, by the kind of that."""
    caller = caller_of(principal)
    return caller is not None and fits(values, (COLUMNS[caller.kind],))


SOMEBODY = (
    ":iam::111122223333:user/ana",
    ":iam::111122223333:role/ops",
    ":sts::111122223333:federated-user/ana",
    ":iam::111122223333:root",
)


@lru_cache
def _anybody(partition: str) -> DocumentCaller:
    """The caller of identity-based policies: some principal that has them."""
    start = f"arn:{partition}"
    principals = (
        Glob.of((f"{start}:iam::", *ACCOUNT_ID, ":user/", Wildcard.STAR, *NAME)),
        Glob.of((f"{start}:iam::", *ACCOUNT_ID, ":role/", Wildcard.STAR, *NAME)),
        Glob.of((f"{start}:sts::", *ACCOUNT_ID, ":federated-user/", *NAME)),
        Glob.of((f"{start}:iam::", *ACCOUNT_ID, ":root")),
    )
    return DocumentCaller(
        f"{start}{SOMEBODY[0]}",
        None,
        SIGNED,
        {"aws:principalisawsservice": "false"},
        {ARN_KEY: free_domain((principals,))},
    )


def in_account(principal: str, account: object) -> str:
    """The ARN of a principal with another account, where there is one."""
    parts = principal.split(":", 5)
    if not isinstance(account, str) or not is_account_id(account) or parts[0] != "arn":
        return principal
    return ":".join((*parts[:4], account, parts[5]))


def document_callers(
    statements: Iterable[CompiledStatement], *, trust: bool
) -> tuple[DocumentCaller, ...]:
    """The callers that some statements tell apart; with `trust` those of a role trust policy, who
    come with a token of an identity provider too."""
    statements = tuple(statements)
    partitions = partitions_named(_texts(statements))
    anybody = [_anybody(partition) for partition in partitions]
    named: dict[tuple[str, str], None] = {}
    aliases: dict[str, str] = {}
    unsaid = False
    for statement in statements:
        if statement.principals is None:
            if not statement.unknowns:
                return _kept_apart(anybody, partitions)
            unsaid = True  # what is not known may name anybody
            continue
        for pattern in statement.principals.patterns:
            named[pattern.kind, pattern.text] = None
            if pattern.kind == "CanonicalUser" or pattern.text.startswith(UNIQUE_IDS):
                aliases[pattern.name] = pattern.text
    principals = dict.fromkeys(mentions_of(statements).services)
    accounts: dict[str, None] = {}
    for kind, text in named:
        if kind == "AWS":
            arn = find_arn(text)
            account = text if is_account_id(text) else arn.account if arn is not None else ""
            if is_account_id(account):
                accounts[account] = None
            if arn is not None and arn.resource != "root":
                principals[text] = None
        elif kind in {"Service", "Federated"}:
            principals[text] = None
    callers = [made for text in principals if (made := _single(text)) is not None]
    callers += anybody if unsaid else []
    somebody = _somebody(tuple(accounts), principals, partitions)
    callers += somebody
    callers += [
        made._replace(caller=_also(made.caller, name), alias=name, unnamed=UNNAMED.format(text))
        for name, text in aliases.items()
        for made in somebody
        if made.caller is not None
    ]
    others = _others(principals, partitions if trust else ())
    callers += others
    if any(kind == "Federated" and text == EVERY for kind, text in named):
        callers += [
            made._replace(
                caller=_also(made.caller, ANY_PROVIDER), alias=ANY_PROVIDER, unnamed=UNSAID
            )
            for made in others
            if made.caller is not None and made.caller.kind is CallerKind.IDENTITY_PROVIDER
        ]
    return _kept_apart(callers, partitions)


def _texts(statements: Iterable[CompiledStatement]) -> Iterator[str]:
    """The texts of statements that may be ARNs."""
    for statement in statements:
        resources, principals = statement.resources, statement.principals
        yield from () if resources is None else (pattern.pattern for pattern in resources.patterns)
        yield from () if principals is None else (pattern.text for pattern in principals.patterns)
        for condition in statement.conditions:
            yield from (template.text for template in condition.values.templates)


def _kept_apart(
    callers: Iterable[DocumentCaller], partitions: tuple[str, ...]
) -> tuple[DocumentCaller, ...]:
    """The callers, each with the resources of its partition; documents of the usual one alone need
    no telling apart.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html
    """
    if partitions == USUAL_PARTITIONS[:1]:
        return tuple(callers)
    return tuple(
        caller
        if (arn := find_arn(caller.principal)) is None
        else caller._replace(
            resources=(literal_glob("*"), Glob.of((f"arn:{arn.partition}:", Wildcard.STAR)))
        )
        for caller in callers
    )


def _also(caller: Caller, name: str) -> Caller:
    """A caller that policies know by one more name: a canonical user is an account, a unique id a
    user or role, every provider a provider."""
    grant, place = GrantKind.ACCOUNT, 0
    if name == ANY_PROVIDER:
        grant = GrantKind.FEDERATED
    elif not name.startswith("canonicaluser:"):
        grant, place = (GrantKind.USER if "AIDA" in name else GrantKind.ROLE), -1
    layers = list(caller.layers)
    layers[place] |= {name}
    names = {**caller.names, name: grant.value}
    return replace(caller, names=names, layers=tuple(layers))


def caller_of(principal: str) -> Caller | None:
    """The engine's caller for a principal; `None` for what it takes for none."""
    action = "sts:assumerolewithwebidentity"  # which tells a provider from a service
    try:
        return make_caller(
            principal, action, PLAIN_SESSION, None, has_boundary=False, assumed_root=False
        )
    except RequestError:
        return None


def _single(principal: str) -> DocumentCaller | None:
    caller = caller_of(principal)
    if caller is None:
        return None
    known: dict[str, ContextValue | None] = {}
    domains: dict[str, Domain] = {}
    if caller.principal_arn is not None:
        known[ARN_KEY] = caller.principal_arn
    if caller.account is not None and caller.kind.has_identity:
        known["aws:principalaccount"] = caller.account
        own = free_domain(((literal_glob(caller.account),),), absent=True)
        domains = {"kms:calleraccount": own}
    if caller.kind is CallerKind.USER:
        known["aws:username"] = caller.name
    is_service = caller.kind is CallerKind.SERVICE
    if is_service:
        known["aws:principalservicename"] = caller.arn
        # A service calls from no account of a customer, by no ARN that a policy could name.
        known["aws:principalaccount"] = known[ARN_KEY] = SERVICE
    if caller.kind is CallerKind.ANONYMOUS:
        known["aws:principalaccount"] = ANONYMOUS
    if is_service or caller.kind.has_identity:
        known["aws:principalisawsservice"] = str(is_service).lower()
    return DocumentCaller(principal, caller, (COLUMNS[caller.kind],), known, domains)


def _somebody(
    accounts: tuple[str, ...], named: Iterable[str], partitions: Iterable[str]
) -> list[DocumentCaller]:
    """Any principal of some accounts that is not named, and of any other account."""
    found = []
    for partition in partitions:
        for account in accounts:
            found += _of_account(account, named, partition)
        found += _strangers(accounts, partition)
    return found


def _of_account(account: str, named: Iterable[str], partition: str) -> list[DocumentCaller]:
    """Any principal of an account that is not named, and its root user."""
    root = f"arn:{partition}:iam::{account}:root"
    found = [made for made in (_single(root),) if made is not None]
    for service, kind in KINDS:
        example = f"arn:{partition}:{service}::{account}:{kind}/somebody-else"
        made = _single(example)
        if made is None:
            continue
        form = Glob.of((f"arn:{partition}:{service}::{account}:{kind}/", Wildcard.STAR, *NAME))
        avoided = [literal_glob(text) for text in named]
        domains = {**made.domains, ARN_KEY: free_domain(((form,),), avoided=avoided)}
        known = {
            key: value for key, value in made.known.items() if key not in {ARN_KEY, "aws:username"}
        }
        found.append(made._replace(known=known, domains=domains))
    return found


def _strangers(accounts: tuple[str, ...], partition: str) -> list[DocumentCaller]:
    """Any principal of any other account."""
    other = next(account for account in OTHER_ACCOUNTS if account not in accounts)
    own = free_domain((ACCOUNT,), avoided=map(literal_glob, accounts))._replace(usual=(other,))
    strangers = []
    for service, kind in (*KINDS, ("iam", "root")):
        example = kind if kind == "root" else f"{kind}/somebody"
        made = _single(f"arn:{partition}:{service}::{other}:{example}")
        if made is None:
            continue
        start = f"arn:{partition}:{service}::"
        name = () if kind == "root" else ("/", Wildcard.STAR, *NAME)
        form = Glob.of((start, *ACCOUNT_ID, f":{kind}", *name))
        avoided = [Glob.of((f"{start}{account}:", Wildcard.STAR)) for account in accounts]
        domains = {
            ARN_KEY: free_domain(((form,),), avoided=avoided),
            "aws:principalaccount": own,
            "kms:calleraccount": own._replace(absent=True),
        }
        known = {"aws:principalisawsservice": made.known["aws:principalisawsservice"]}
        strangers.append(made._replace(known=known, domains=domains))
    return strangers


def _others(named: Iterable[str], partitions: Iterable[str]) -> list[DocumentCaller]:
    """Some other service, anybody without a signature and some other provider of partitions."""
    service = next(text for text in OTHER_SERVICES if text not in named)
    providers = [OTHER_PROVIDER.format(name, OTHER_ACCOUNTS[0]) for name in partitions]
    principals = [service, ANONYMOUS, *providers]
    return [made for text in principals if (made := _single(text)) is not None]
