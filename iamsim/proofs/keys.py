"""The values that context keys can have: of which type and form, for which callers, on which way.

The facts are those of the catalog: the table of global keys with who sends them, and the service
reference. The forms are those of the keys' own sections of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from iamsim import catalog
from iamsim.catalog.lifelike import usual_values
from iamsim.catalog.presence import CallerColumn, Presence, Way, presence_of
from iamsim.core.request import ContextValue
from iamsim.core.wildcard import Wildcard
from iamsim.proofs.conditions import Domain
from iamsim.proofs.globs import SOMETHING, Glob, Kind, literal_glob

WORD = (Kind.WORD, Kind.WORD_STAR)
SEGMENT = (Wildcard.SEGMENT_STAR,)
ACCOUNT = (Glob.of((Kind.DIGIT,) * 12),)
ORGANIZATION = (Glob.of(("o-", *WORD)),)
PATHS = (Glob.of(("o-", *WORD, "/r-", *WORD, "/", Wildcard.STAR)),)
ARN_START, ARN_END = ("arn:", *WORD, ":", *WORD, ":", *SEGMENT, ":"), (":", *SOMETHING.atoms)
ARN = (Glob.of((*ARN_START, *SEGMENT, *ARN_END)),)
TRUE_OR_FALSE = (literal_glob("true"), literal_glob("false"))
PRINCIPAL_TYPES = tuple(
    literal_glob(text) for text in ("User", "AssumedRole", "Account", "FederatedUser", "Anonymous")
)
FORMS: dict[str, tuple[Glob, ...]] = {
    "aws:principalaccount": ACCOUNT,
    "aws:principalorgid": ORGANIZATION,
    "aws:principalorgpaths": PATHS,
    "aws:principaltype": PRINCIPAL_TYPES,
    "aws:requestedregion": (Glob.of(WORD),),
    "aws:resourceaccount": ACCOUNT,
    "aws:resourceorgid": ORGANIZATION,
    "aws:resourceorgpaths": PATHS,
    "aws:sourceaccount": ACCOUNT,
    # Buckets and their like have no account in their ARNs.
    "aws:sourcearn": (
        Glob.of((*ARN_START, *ACCOUNT[0].atoms, *ARN_END)),
        Glob.of((*ARN_START, *ARN_END)),
    ),
    "aws:sourceorgid": ORGANIZATION,
    "aws:sourceorgpaths": PATHS,
    "aws:sourcevpc": (Glob.of(("vpc-", *WORD)),),
    "aws:sourcevpcarn": (
        Glob.of(("arn:", *WORD, ":ec2:", *WORD, ":", *ACCOUNT[0].atoms, ":vpc/", "vpc-", *WORD)),
    ),
    "aws:sourcevpce": (Glob.of(("vpce-", *WORD)),),
    "aws:vpceaccount": ACCOUNT,
    "aws:vpceorgid": ORGANIZATION,
    "aws:vpceorgpaths": PATHS,
    "kms:calleraccount": ACCOUNT,
    "s3:dataaccesspointaccount": ACCOUNT,
    "s3:resourceaccount": ACCOUNT,
}
FAMILIES = {"Numeric": "Numeric", "Long": "Numeric", "Date": "Date", "IPAddress": "IpAddress"}


@lru_cache(maxsize=20_000)
def key_domain(
    key: str, callers: tuple[CallerColumn, ...] = (), ways: tuple[Way | None, ...] = ()
) -> Domain:
    """The values that a key (in lower case) can have in calls of some callers on some ways."""
    presences = {presence_of(key, caller, way) for caller in callers for way in ways}
    absent = not presences or presences != {Presence.ALWAYS}
    present = not presences or presences != {Presence.NEVER}
    facts = catalog.find_condition_key(key)
    types = () if facts is None else facts.types
    # An account lies at one place of its organization.
    many = (facts is None or facts.multivalued) and not key.endswith("orgpaths")
    base = types[0].removeprefix("ArrayOf") if types else ""
    groups: tuple[tuple[Glob, ...], ...] = ()
    if key in FORMS:
        groups = (FORMS[key],)
    elif base == "Bool":
        groups = (TRUE_OR_FALSE,)
    elif base == "ARN" and len(types) == 1:
        groups = (ARN,)
    family = FAMILIES.get(base)
    if family == "Date" and "Numeric" in types:
        family = "Numeric"
    return Domain(absent, present, many, groups, (), family, usual_values(key))


def fixed_domain(value: ContextValue | None) -> Domain:
    """The one value that a key has; `None` for a key that is absent."""
    if value is None:
        return Domain(absent=True, present=False)
    if isinstance(value, str):
        return Domain(absent=False, groups=((literal_glob(value),),))
    return Domain(absent=False, many=True, groups=(tuple(map(literal_glob, value)),))


def free_domain(
    groups: Iterable[tuple[Glob, ...]], *, absent: bool = False, avoided: Iterable[Glob] = ()
) -> Domain:
    """One value of a form."""
    return Domain(absent, groups=tuple(groups), avoided=tuple(avoided))
