"""What holds between the keys of one request: a witness must keep to it.

Each rule looks at a request that was found. Where it is broken, the rule gives what must hold
instead, as a formula over the keys it names; the search goes on with that. Every request that
keeps to the rule meets this formula, the one at hand does not: what is given up has no witness. A
key that no test asked for binds nothing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog.presence import (
    identifier_keys,
    lists_of_names,
    owner_account_keys,
    region_keys,
)
from iamsim.compile.condition import ConditionTest, compile_condition
from iamsim.compile.literals import read_date
from iamsim.compile.operators import POSITIVE
from iamsim.core.span import Source
from iamsim.core.wildcard import Wildcard, tokenize
from iamsim.proofs.conditions import KeyTest
from iamsim.proofs.formats import arn_account
from iamsim.proofs.formula import ActionIn, Formula, ResourceIn, all_of, any_of
from iamsim.proofs.globs import Glob
from iamsim.proofs.texts import fits
from iamsim.symbolic.actions import all_actions
from iamsim.syntax.ast import Condition, Value

if TYPE_CHECKING:
    from decimal import Decimal

    from iamsim.core.request import ContextValue

    Values = Mapping[str, ContextValue | None]
    Tests = Mapping[str, tuple[KeyTest, ...]]
    Rule = Callable[[Values], Formula]
    RuleOfTexts = Callable[[Values, Tests], Formula]

PLAIN = frozenset({"StringEquals", "StringLike"})
ACTION, RESOURCE = "action", "resource"  # stand among the keys for those of the request
SOURCE = Source("rules between keys", "")
CALLED_VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
FROM_ENDPOINT = ("aws:sourcevpce", "aws:sourcevpc")
ARN_KEY, NAME_KEY = "aws:principalarn", "aws:username"
TIME_KEYS, ISSUED_KEY = ("aws:currenttime", "aws:epochtime"), "aws:tokenissuetime"
IN_ORGANIZATION = "ForAnyValue:StringLike"
REGION_KEYS = ("aws:requestedregion", *region_keys().values())
OWNER_KEYS = tuple(owner_account_keys().values())
OF_USER = ("arn:*:iam::*:user/{}", "arn:*:iam::*:user/*/{}")
OF_VPC = ("arn:*:ec2:*:*:vpc/{}",)
IN_ACCOUNT = "arn:*:*:*:{}:*"
ACCOUNT_OF = (
    ("aws:sourcearn", "aws:sourceaccount"),
    (ARN_KEY, "aws:principalaccount"),
    (ARN_KEY, "kms:calleraccount"),
)
SOMETHING = (Wildcard.SEGMENT_QUESTION, Wildcard.SEGMENT_STAR)  # in a part of an ARN
SAME = (
    ("kms:calleraccount", "aws:principalaccount"),
    *((key, "aws:requestedregion") for key in REGION_KEYS[1:]),
    *((key, "aws:resourceaccount") for key in OWNER_KEYS if key != "aws:resourceaccount"),
)


@lru_cache(maxsize=20_000)
def _conditions(operator: str, key: str, values: tuple[str, ...]) -> ConditionTest:
    """One condition as policies have them."""
    written = tuple(Value(value, ()) for value in values)
    return compile_condition(Condition(operator, key, written, ()), SOURCE, with_variables=False)


def key_is(key: str, value: str, *, operator: str = "StringEquals") -> KeyTest:
    """The test of a key for one value."""
    return KeyTest(_conditions(operator, key, (value,)), holds=True)


def key_is_absent(key: str, *, absent: bool = True) -> KeyTest:
    """The test of a key for not being there."""
    return KeyTest(_conditions("Null", key, ("true",)), holds=absent)


def broken_rule(values: Values, tests: Tests, longest: int | None = None) -> Formula:
    """What the first rule that some values break asks for instead; true where none is broken.
    `tests` are those that the values meet, `longest` is the greatest age of credentials."""
    for rule in RULES:
        wanted = rule(values)
        if wanted is not True:
            return wanted
    for rule_of_texts in RULES_OF_TEXTS:
        wanted = rule_of_texts(values, tests)
        if wanted is not True:
            return wanted
    return _age(values, longest)


def _is_none_of(key: str, texts: Iterable[str | None]) -> Formula:
    """The test of a key for no value of some."""
    return all_of(key_is(key, text)._replace(holds=False) for text in texts if text is not None)


def _asked_alike(
    key: str, tests: Tests, other: str, forms: tuple[str, ...], operator: str
) -> list[KeyTest]:
    """What is asked of a key's text, asked of another key that holds this text in some forms."""
    found = []
    for condition, holds in tests.get(key, ()):
        texts = _patterns(condition)
        if texts is not None:
            values = tuple(form.format(text) for form in forms for text in texts)
            wanted = holds is not condition.operator.negated
            found.append(KeyTest(_conditions(operator, other, values), wanted))
    return found


def _patterns(condition: ConditionTest) -> tuple[str, ...] | None:
    """The patterns of a condition on one text, as StringLike has them; `None` where it is none, or
    compares with something else."""
    base = POSITIVE.get(condition.operator.base, condition.operator.base)
    templates = condition.values.templates
    if base not in PLAIN or condition.operator.set_operator or any(t.keys for t in templates):
        return None
    texts = tuple(template.text for template in templates)
    wild = base != "StringLike" and any(set(text) & set("*?") for text in texts)
    return None if wild else texts


def _lacks(wanted: list[KeyTest], key: str, tests: Tests) -> bool:
    """Whether a key is not yet asked all that it has to be."""
    return not set(wanted) <= set(tests.get(key, ()))


def _text(values: Values, key: str) -> str | None:
    """A key's value, if it is there and only one."""
    value = values.get(key)
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else None
    return value


def _pairs(values: Values) -> Formula:
    """aws:TagKeys has the keys of the tags in the request, kms:EncryptionContextKeys those of the
    encryption context."""
    for start, list_key in lists_of_names().items():
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


def _account(values: Values, tests: Tests) -> Formula:
    """aws:SourceArn is in the account of aws:SourceAccount, where it names one; aws:PrincipalArn in
    that of aws:PrincipalAccount."""
    for arn_key, account_key in ACCOUNT_OF:
        arn, account = _text(values, arn_key), _text(values, account_key)
        named = None if arn is None or account is None else arn_account(arn)
        if account is None or named in (None, account):
            continue
        wanted = _asked_alike(account_key, tests, arn_key, (IN_ACCOUNT,), "ArnLike")
        if _lacks(wanted, arn_key, tests):
            ways = [all_of(wanted)]
        else:
            both = [_in_account(arn_key, text) for text in (account, str(named))]
            ways = [
                both[0],
                key_is(account_key, str(named)),
                all_of(
                    [
                        *(test._replace(holds=False) for test in both),
                        _is_none_of(account_key, (account, named)),
                    ]
                ),
            ]
        return any_of(
            [
                *ways,
                _in_account(arn_key, ""),
                key_is_absent(arn_key),
                key_is_absent(account_key),
            ]
        )
    return True


def _in_account(key: str, account: str) -> KeyTest:
    """The test of an ARN for an account; without one, for naming none."""
    return key_is(key, IN_ACCOUNT.format(account), operator="ArnLike")


def _same(values: Values, tests: Tests) -> Formula:
    """Keys of services that repeat a global one."""
    for first, second in SAME:
        one, other = _text(values, first), _text(values, second)
        if one is None or other is None or one == other:
            continue
        wanted = [
            *_asked_alike(first, tests, second, ("{}",), "StringLike"),
            *_asked_alike(second, tests, first, ("{}",), "StringLike"),
        ]
        known = {*tests.get(first, ()), *tests.get(second, ())}
        if not set(wanted) <= known:
            ways = [all_of(wanted)]
        else:
            neither = [_is_none_of(key, (one, other)) for key in (first, second)]
            ways = [key_is(first, other), key_is(second, one), all_of(neither)]
        return any_of([*ways, key_is_absent(first), key_is_absent(second)])
    return True


def _network(values: Values) -> Formula:
    """A call comes to a public endpoint, with aws:SourceIp, or through a VPC endpoint."""
    if values.get("aws:sourceip") is None:
        return True
    for key in FROM_ENDPOINT:
        if values.get(key) is not None:
            return any_of([key_is_absent("aws:sourceip"), key_is_absent(key)])
    return True


def in_order(values: Values) -> dict[str, ContextValue | None]:
    """The same values, with the chain of services from its first to its last: no test looks at the
    order of a list."""
    found = dict(values)
    chain = found.get(CALLED_VIA[0])
    if not isinstance(chain, tuple):
        return found
    first, last = (_text(values, key) for key in CALLED_VIA[1:])
    between = [name for name in chain if name not in {first, last}]
    before = [name for name in (first,) if name in chain]
    behind = [name for name in (last,) if name in chain and (name != first or between)]
    found[CALLED_VIA[0]] = (*before, *between, *behind)
    return found


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
    return _listed(values, CALLED_VIA[1:], CALLED_VIA[0])


def _listed(values: Values, keys: Iterable[str], list_key: str) -> Formula:
    """A key's value is one of those that another key lists."""
    for key in keys:
        name, listed = _text(values, key), values.get(list_key)
        if name is None or listed is None:
            continue
        members = (listed,) if isinstance(listed, str) else listed
        if name not in members:
            named = key_is(list_key, name, operator="ForAnyValue:StringEquals")
            other = [named._replace(holds=False), _is_none_of(key, (name, *members))]
            return any_of([named, *(key_is(key, member) for member in members), all_of(other)])
    return True


def _called_via_mcp(values: Values) -> Formula:
    """The name of a server is there where a server of AWS calls."""
    if values.get("aws:calledviaawsmcp") is None:
        return True
    if _text(values, "aws:viaawsmcpservice") != "false":
        return True
    return any_of(
        [
            key_is("aws:viaawsmcpservice", "true", operator="Bool"),
            key_is_absent("aws:calledviaawsmcp"),
        ]
    )


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
    """One moment in two forms."""
    current, epoch = (read_date(_text(values, key) or "") for key in TIME_KEYS)
    if current is None or epoch is None or current == epoch:
        return True
    cut = _between(current, epoch)
    return any_of(
        [
            all_of(_not_after(key, cut) for key in TIME_KEYS),
            all_of(_after(key, cut) for key in TIME_KEYS),
        ]
    )


def _age(values: Values, longest: int | None) -> Formula:
    """Credentials are not issued after they are used, nor longer before than they hold.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html
    """
    key = TIME_KEYS[0] if _text(values, TIME_KEYS[0]) is not None else TIME_KEYS[1]
    now, issued = (read_date(_text(values, name) or "") for name in (key, ISSUED_KEY))
    if now is None or issued is None:
        return True
    if issued > now:
        cut = _between(now, issued)
        ways = [_not_after(ISSUED_KEY, cut), _after(key, cut)]
    elif longest is not None and now - issued > longest:
        cut = _between(issued + longest, now)
        ways = [_not_after(key, cut), _after(ISSUED_KEY, cut - longest)]
    else:
        return True
    return any_of([*ways, key_is_absent(ISSUED_KEY)])


def _between(one: Decimal, other: Decimal) -> int:
    """A whole second between two moments: requests have no parts of seconds."""
    return int(((one + other) / 2).to_integral_value("ROUND_FLOOR"))


def _not_after(key: str, second: int) -> KeyTest:
    """The test of a key for a moment until a second."""
    return key_is(key, str(second), operator="DateLessThanEquals")


def _after(key: str, second: int) -> KeyTest:
    return key_is(key, str(second + 1), operator="DateGreaterThanEquals")


def _paths(values: Values, tests: Tests) -> Formula:
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
        organization, path = _text(values, id_key), _text(values, key)
        if organization is None or path is None or path.startswith(f"{organization}/"):
            continue
        wanted = _asked_alike(id_key, tests, key, ("{}/*",), IN_ORGANIZATION)
        if _lacks(wanted, key, tests):
            return any_of([all_of(wanted), all_of([key_is_absent(key), key_is_absent(id_key)])])
        named = path.partition("/")[0]
        ids = organization, named
        both = [key_is(key, f"{text}/*", operator=IN_ORGANIZATION) for text in ids]
        neither = [test._replace(holds=False) for test in both]
        return any_of(
            [
                both[0],
                key_is(id_key, named),
                all_of([*neither, _is_none_of(id_key, ids)]),
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
    return _listed(values, ("aws:principalservicename",), "aws:principalservicenameslist")


def _region(values: Values, tests: Tests) -> Formula:
    """A call goes to the Region that the resource's ARN names; a service's own key for it comes
    with all of the service's calls."""
    service = str(values[ACTION]).partition(":")[0]
    key = region_keys().get(service)
    if key is not None and values.get(key, "") is None:
        universe = all_actions()
        others = ActionIn(universe.everything & ~universe.service_mask(service))
        return any_of([key_is_absent(key, absent=False), others])
    return _place_of_resource(values, tests, REGION_KEYS, 3)


def _owner(values: Values, tests: Tests) -> Formula:
    """A resource belongs to the account that its ARN names."""
    return _place_of_resource(values, tests, OWNER_KEYS, 4)


def _identifier(values: Values, tests: Tests) -> Formula:
    """A key for the id of the resource is the id in its ARN."""
    resource = _text(values, RESOURCE) or ""
    head, _, last = resource.rpartition(":")
    resource_type, _, name = last.partition("/")
    keys = identifier_keys().get(str(values[ACTION]).partition(":")[0], {})
    if resource_type not in keys or not name or "/" in name:
        return True
    fixed = f":{resource_type}/"
    head_glob = [t for _ in head.split(":")[1:] for t in (":", Wildcard.SEGMENT_STAR)]
    return _part_of_resource(
        values,
        tests,
        (keys[resource_type],),
        name,
        lambda part: Glob.of(("arn", *head_glob, fixed, *part)),
    )


def _place_of_resource(values: Values, tests: Tests, keys: Iterable[str], place: int) -> Formula:
    """One of the first places of the resource's ARN is what keys say."""
    parts = (_text(values, RESOURCE) or "").split(":", 5)
    if len(parts) != 6 or not parts[place]:  # noqa: PLR2004 - the parts of an ARN
        return True
    return _part_of_resource(
        values, tests, keys, parts[place], lambda part: _resource_with(part, place)
    )


def _part_of_resource(
    values: Values,
    tests: Tests,
    keys: Iterable[str],
    named: str,
    glob_of: Callable[[Iterable[str | Wildcard]], Glob],
) -> Formula:
    """A part of the resource's ARN, which is `named`, is what keys say; `glob_of` makes the glob of
    resources that have something there."""
    resource = _text(values, RESOURCE) or ""
    told = ((key, _text(values, key)) for key in keys)
    key, said = next(((key, said) for key, said in told if said not in {None, named}), ("", None))
    if said is None:
        return True
    unsaid = ResourceIn((glob_of(SOMETHING),), inside=False)
    for condition, holds in tests.get(key, ()):
        texts = _patterns(condition)
        wanted = holds is not condition.operator.negated
        if texts is None:
            continue
        globs = tuple(glob_of(_in_segment(text)) for text in texts)
        if any(fits(glob, resource) for glob in globs) is not wanted:
            return any_of([ResourceIn(globs, inside=wanted), unsaid, key_is_absent(key)])
    both = tuple(glob_of((text,)) for text in (said, named))
    neither = [ResourceIn(both, inside=False), _is_none_of(key, (said, named))]
    return any_of(
        [
            ResourceIn(both[:1], inside=True),
            key_is(key, named),
            all_of(neither),
            unsaid,
            key_is_absent(key),
        ]
    )


def _resource_with(part: Iterable[str | Wildcard], place: int) -> Glob:
    """The glob of resources whose ARN has something in one of its first five places."""
    segments: list[Iterable[str | Wildcard]] = [(Wildcard.SEGMENT_STAR,)] * 5
    segments[0], segments[place] = ("arn",), part
    return Glob.of((*(token for segment in segments for token in (*segment, ":")), Wildcard.STAR))


def _in_segment(pattern: str) -> list[str | Wildcard]:
    """A pattern of one part of an ARN."""
    wild = {Wildcard.STAR: Wildcard.SEGMENT_STAR, Wildcard.QUESTION: Wildcard.SEGMENT_QUESTION}
    return [
        token if isinstance(token, str) else wild.get(token, token) for token in tokenize(pattern)
    ]


def _name(values: Values, tests: Tests) -> Formula:
    """aws:username is the last part of a user's ARN."""
    if ":user/" not in (_text(values, ARN_KEY) or ""):
        return True
    no_user = key_is(ARN_KEY, "arn:*:iam::*:user/*", operator="ArnLike")._replace(holds=False)
    return _ends(values, tests, ARN_KEY, NAME_KEY, OF_USER, no_user)


def _vpc(values: Values, tests: Tests) -> Formula:
    """aws:SourceVpc is the last part of aws:SourceVpcArn."""
    key = "aws:sourcevpcarn"
    return _ends(values, tests, key, FROM_ENDPOINT[1], OF_VPC, key_is_absent(key))


def _ends(
    values: Values,
    tests: Tests,
    arn_key: str,
    key: str,
    forms: tuple[str, ...],
    other: KeyTest,
) -> Formula:
    """A key's value is the last part of an ARN of some forms, but where `other` holds."""
    arn, name = _text(values, arn_key), _text(values, key)
    last = None if arn is None else arn.rpartition("/")[2]
    if last is None or name is None or last == name:
        return True
    wanted = _asked_alike(key, tests, arn_key, forms, "ArnLike")
    if _lacks(wanted, arn_key, tests):
        ways = [all_of(wanted)]
    else:
        called = [
            KeyTest(
                _conditions("ArnLike", arn_key, tuple(form.format(text) for form in forms)),
                holds=True,
            )
            for text in (name, last)
        ]
        neither = [test._replace(holds=False) for test in called]
        ways = [
            called[0],
            key_is(key, last),
            all_of([*neither, _is_none_of(key, (name, last))]),
        ]
    return any_of([*ways, other, key_is_absent(key)])


RULES_OF_TEXTS: tuple[RuleOfTexts, ...] = (
    _name,
    _vpc,
    _region,
    _owner,
    _identifier,
    _account,
    _same,
    _paths,
)
RULES: tuple[Rule, ...] = (
    _pairs,
    _network,
    _called_via,
    _called_via_mcp,
    _multi_factor,
    _times,
    _services,
)
