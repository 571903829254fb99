"""What holds between the keys of one request: a witness must keep to it.

Each rule looks at a request that was found. Where it is broken, the rule gives what must hold
instead, as a formula over the keys it names; the search goes on with that. A key that no test
asked for binds nothing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog.presence import owner_account_keys, region_keys
from iamsim.compile.condition import compile_condition
from iamsim.compile.literals import read_date
from iamsim.core.span import Source
from iamsim.core.wildcard import Wildcard
from iamsim.proofs.conditions import KeyTest
from iamsim.proofs.formats import arn_account
from iamsim.proofs.formula import ActionIn, ResourceIn, all_of, any_of
from iamsim.proofs.globs import Glob
from iamsim.symbolic.actions import all_actions
from iamsim.syntax.ast import Condition, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamsim.compile.condition import ConditionTest
    from iamsim.core.request import ContextValue
    from iamsim.proofs.formula import Formula

    Values = Mapping[str, ContextValue | None]
    Rule = Callable[[Values], Formula]

__all__ = ["ACTION", "CALLED_VIA", "RESOURCE", "broken_rule", "key_is", "key_is_absent"]

ACTION, RESOURCE = "action", "resource"  # stand among the keys for those of the request
SOURCE = Source("rules between keys", "")
# Keys that hold one pair each, and the key that lists the names of all.
PAIRS = (
    ("aws:requesttag/", "aws:tagkeys"),
    ("kms:encryptioncontext:", "kms:encryptioncontextkeys"),
)
CALLED_VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
FROM_ENDPOINT = ("aws:sourcevpce", "aws:sourcevpc")
ARN_KEY, NAME_KEY = "aws:principalarn", "aws:username"
REGION_KEYS = ("aws:requestedregion", *region_keys().values())
OWNER_KEYS = tuple(owner_account_keys().values())
SAME = (
    ("kms:calleraccount", "aws:principalaccount"),
    *((key, "aws:requestedregion") for key in REGION_KEYS[1:]),
    *((key, "aws:resourceaccount") for key in OWNER_KEYS if key != "aws:resourceaccount"),
)


@lru_cache(maxsize=20_000)
def _condition(operator: str, key: str, value: str) -> ConditionTest:
    """One condition as policies have them."""
    return compile_condition(
        Condition(operator, key, (Value(value, ()),), ()), SOURCE, with_variables=False
    )


def key_is(key: str, value: str, *, operator: str = "StringEquals") -> KeyTest:
    """The test of a key for one value."""
    return KeyTest(_condition(operator, key, value), holds=True)


def key_is_absent(key: str, *, absent: bool = True) -> KeyTest:
    """The test of a key for not being there."""
    return KeyTest(_condition("Null", key, "true"), holds=absent)


def broken_rule(values: Values) -> Formula:
    """What the first rule that some values break asks for instead; true where none is broken."""
    for rule in RULES:
        wanted = rule(values)
        if wanted is not True:
            return wanted
    return True


def _text(values: Values, key: str) -> str | None:
    """A key's value, if it is there and only one."""
    value = values.get(key)
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else None
    return value


def _pairs(values: Values) -> Formula:
    """aws:TagKeys has the keys of the tags in the request, kms:EncryptionContextKeys those of the
    encryption context."""
    for start, list_key in PAIRS:
        if list_key not in values:
            continue
        listed = values[list_key]
        names = (listed,) if isinstance(listed, str) else listed or ()
        folded = {name.lower() for name in names}
        for key, value in values.items():
            if not key.startswith(start):
                continue
            name = key.removeprefix(start)
            if (value is not None) is not (name in folded):
                listed_test = key_is(list_key, name, operator="ForAnyValue:StringEqualsIgnoreCase")
                return any_of(
                    [
                        all_of([listed_test, key_is_absent(key, absent=False)]),
                        all_of([listed_test._replace(holds=False), key_is_absent(key)]),
                    ]
                )
    return True


def _source_account(values: Values) -> Formula:
    """aws:SourceArn is in the account of aws:SourceAccount, where it names one."""
    return _account_of("aws:sourcearn", "aws:sourceaccount", values)


def _principal_account(values: Values) -> Formula:
    """aws:PrincipalArn is in the account of aws:PrincipalAccount."""
    for key in ("aws:principalaccount", "kms:calleraccount"):
        wanted = _account_of("aws:principalarn", key, values)
        if wanted is not True:
            return wanted
    return True


def _account_of(arn_key: str, account_key: str, values: Values) -> Formula:
    """An ARN is in the account that another key names."""
    arn, account = _text(values, arn_key), _text(values, account_key)
    if arn is None or account is None:
        return True
    named = arn_account(arn)
    if named in (None, account):
        return True
    return any_of(
        [
            key_is(arn_key, f"arn:*:*:*:{account}:*", operator="ArnLike"),
            key_is(account_key, str(named)),
        ]
    )


def _same(values: Values) -> Formula:
    """Keys of services that repeat a global one."""
    for first, second in SAME:
        one, other = _text(values, first), _text(values, second)
        if one is not None and other is not None and one != other:
            return any_of([key_is(first, other), key_is(second, one)])
    return True


def _network(values: Values) -> Formula:
    """A call comes to a public endpoint, with aws:SourceIp, or through a VPC endpoint."""
    if values.get("aws:sourceip") is None:
        return True
    for key in FROM_ENDPOINT:
        if values.get(key) is not None:
            return any_of([key_is_absent("aws:sourceip"), key_is_absent(key)])
    return True


def _called_via(values: Values) -> Formula:
    """A chain of services has a first and a last one, and is there where a service calls."""
    chain = [key for key in CALLED_VIA if key in values]
    there = [key for key in chain if values[key] is not None]
    if there and len(there) < len(chain):
        return any_of(
            all_of(key_is_absent(key, absent=absent) for key in chain) for absent in (True, False)
        )
    via = _text(values, "aws:viaawsservice")
    if there and via == "false":
        return any_of(
            [
                key_is("aws:viaawsservice", "true", operator="Bool"),
                all_of(map(key_is_absent, there)),
            ]
        )
    for end in CALLED_VIA[1:]:
        name, services = _text(values, end), values.get(CALLED_VIA[0])
        if name is None or services is None:
            continue
        members = (services,) if isinstance(services, str) else services
        if name not in members:
            return any_of(
                [
                    key_is(CALLED_VIA[0], name, operator="ForAnyValue:StringEquals"),
                    *(key_is(end, member) for member in members),
                ]
            )
    return True


def _multi_factor(values: Values) -> Formula:
    """aws:MultiFactorAuthAge is there where MFA was used."""
    if values.get("aws:multifactorauthage") is None:
        return True
    present = values.get("aws:multifactorauthpresent", "true")
    if present == "true":
        return True
    return any_of(
        [
            key_is("aws:multifactorauthpresent", "true", operator="Bool"),
            key_is_absent("aws:multifactorauthage"),
        ]
    )


def _times(values: Values) -> Formula:
    """One moment in two forms; and credentials are not issued after they are used."""
    current, epoch = _text(values, "aws:currenttime"), _text(values, "aws:epochtime")
    if current is not None and epoch is not None and read_date(current) != read_date(epoch):
        return any_of(
            [
                key_is("aws:epochtime", current, operator="DateEquals"),
                key_is("aws:currenttime", epoch, operator="DateEquals"),
            ]
        )
    now = current or epoch
    issued = _text(values, "aws:tokenissuetime")
    first, last = read_date(issued or ""), read_date(now or "")
    if issued is None or now is None or first is None or last is None or first <= last:
        return True
    key = "aws:currenttime" if current is not None else "aws:epochtime"
    return any_of(
        [
            key_is("aws:tokenissuetime", now, operator="DateLessThanEquals"),
            key_is(key, issued, operator="DateGreaterThanEquals"),
        ]
    )


def _paths(values: Values) -> Formula:
    """A path in an organization begins with its id, and is there where that is."""
    for side in ("principal", "resource", "source", "vpce"):
        key, id_key = f"aws:{side}orgpaths", f"aws:{side}orgid"
        if (
            key in values
            and id_key in values
            and (values[key] is None) is not (values[id_key] is None)
        ):
            return any_of(
                all_of([key_is_absent(key, absent=absent), key_is_absent(id_key, absent=absent)])
                for absent in (True, False)
            )
        organization = _text(values, id_key)
        path = _text(values, key)
        if organization is None or path is None or path.startswith(f"{organization}/"):
            continue
        return any_of(
            [
                key_is(key, f"{organization}/*", operator="ForAnyValue:StringLike"),
                key_is(id_key, path.partition("/")[0]),
            ]
        )
    return True


def _services(values: Values) -> Formula:
    """Services have a service name and are in no organization, others are the other way round."""
    for key, is_service in (
        ("aws:principalservicename", True),
        ("aws:principalservicenameslist", True),
        ("aws:principalorgid", False),
    ):
        said = _text(values, "aws:principalisawsservice")
        if values.get(key) is None or said is None:
            continue
        if said != str(is_service).lower():
            wanted = "true" if is_service else "false"
            return any_of(
                [
                    key_is("aws:principalisawsservice", wanted, operator="Bool"),
                    key_is_absent(key),
                ]
            )
    return True


def _region(values: Values) -> Formula:
    """A call goes to the Region that the resource's ARN names; a service's own key for it comes
    with all of the service's calls."""
    service = str(values[ACTION]).partition(":")[0]
    key = region_keys().get(service)
    if key is not None and values.get(key, "") is None:
        universe = all_actions()
        others = ActionIn(universe.everything & ~universe.service_mask(service))
        return any_of([key_is_absent(key, absent=False), others])
    return _part_of_resource(values, REGION_KEYS, 3)


def _owner(values: Values) -> Formula:
    """A resource belongs to the account that its ARN names."""
    return _part_of_resource(values, OWNER_KEYS, 4)


def _part_of_resource(values: Values, keys: Iterable[str], place: int) -> Formula:
    """A part of the resource's ARN is what keys say."""
    parts = (_text(values, RESOURCE) or "").split(":", 5)
    if len(parts) != 6 or not parts[place]:  # noqa: PLR2004 - the parts of an ARN
        return True
    told = ((key, _text(values, key)) for key in keys)
    key, said = next(
        ((key, said) for key, said in told if said not in {None, parts[place]}), ("", None)
    )
    if said is None:
        return True
    segment: list[str | Wildcard] = [Wildcard.SEGMENT_STAR] * 5
    segment[0], segment[place] = "arn", said
    tokens = [token for part in segment for token in (part, ":")]
    glob = Glob.of((*tokens, Wildcard.STAR))
    return any_of([ResourceIn((glob,), inside=True), key_is(key, parts[place])])


def _name(values: Values) -> Formula:
    """aws:username is the last part of a user's ARN."""
    arn, name = values.get(ARN_KEY), values.get(NAME_KEY)
    if not isinstance(arn, str) or not isinstance(name, str) or ":user/" not in arn:
        return True
    if arn.rpartition("/")[2] == name:
        return True
    return any_of(
        [
            key_is(NAME_KEY, arn.rpartition("/")[2]),
            key_is(ARN_KEY, f"arn:*:iam::*:user/{name}", operator="ArnLike"),
            key_is(ARN_KEY, f"arn:*:iam::*:user/*/{name}", operator="ArnLike"),
        ]
    )


RULES: tuple[Rule, ...] = (
    _name,
    _region,
    _owner,
    _pairs,
    _source_account,
    _principal_account,
    _same,
    _network,
    _called_via,
    _multi_factor,
    _times,
    _paths,
    _services,
)
