"""ARNs to ask about, made up of the formats of the service reference and of patterns of policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from iamsim import catalog
from iamsim.catalog.regions import PARTITIONS, REGIONS, usual_region
from iamsim.checks.arn_formats import VARIABLE, ArnFormat, cut_arn, read_format
from iamsim.core.arn import ACCOUNT_ID_LENGTH, ARN_PARTS
from iamsim.core.wildcard import Token, Wildcard, example_of, match_tokens

EXAMPLE = "example"
SINGLE = frozenset({Wildcard.QUESTION, Wildcard.SEGMENT_QUESTION})
_OPEN = re.compile(rf"{VARIABLE.pattern}|\*")


def example_arn(text: str, account: str, *, partition: str, region: str) -> str | None:
    """Make an ARN of a format, as one of an account: `None` where the format names no service.

    What stands for an account or a Region gets the one that is given, everything else is called
    ``example``.
    """
    arn = cut_arn(text)
    if arn is None or _is_open(arn.service):
        return None
    parts = (
        partition,
        arn.service,
        region if _is_open(arn.region) else arn.region,
        account if _is_open(arn.account) else arn.account,
        _OPEN.sub(lambda found: _example(found.group(), account, region), arn.resource),
    )
    return ":".join(("arn", *parts))


def _is_open(part: str) -> bool:
    """Whether a part of a format leaves something to be filled in."""
    return _OPEN.search(part) is not None


def _example(variable: str, account: str, region: str) -> str:
    """What stands for a variable inside a resource: `${MemberAccountId}` is an account too."""
    if variable.endswith(("Account}", "AccountId}", "AccountID}")):
        return account
    return region if variable.endswith("Region}") else EXAMPLE


def example_resource(
    tokens: Iterable[Token], account: str, *, partition: str = "aws", service: str = ""
) -> str:
    """Make a resource that a pattern matches: ``example`` for its stars, ``e`` for a ``?``.

    What is left open of an ARN's partition, service, Region and account gets a value that there is:
    the one that is given, an empty one where such ARNs have none.
    """
    tokens = tuple(tokens)
    parts = _cut(tokens)
    texts = [example_of(part, EXAMPLE, EXAMPLE[:1]) for part in parts]
    if len(parts) != ARN_PARTS or texts[0] != "arn":
        return example_of(tokens, EXAMPLE, EXAMPLE[:1])
    if match_tokens(parts[2], service):
        texts[2] = service
    form = _form(texts[2], texts[5])
    owner = account if form is None or _is_open(form.account) else form.account
    texts[1] = _first(parts[1], (partition, *PARTITIONS), texts[1])
    region = usual_region(texts[1]) if form is None or _is_open(form.region) else form.region
    texts[3] = _first(parts[3], (region, *REGIONS), texts[3])
    texts[4] = _first(parts[4], (owner, _number(parts[4])), texts[4])
    return ":".join(texts)


def _first(part: Iterable[Token], values: Iterable[str], otherwise: str) -> str:
    """The first value that a part of a pattern matches."""
    return next((value for value in values if match_tokens(part, value)), otherwise)


def _cut(tokens: Iterable[Token]) -> list[list[Token]]:
    """Cut a pattern at its first five colons."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        first, *others = token.split(":", ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts += [[other] for other in others]
    return parts


def _number(part: Iterable[Token]) -> str:
    """Digits that a part of a pattern matches, as many as an account id has where that can be."""
    fixed = sum(len(token) if isinstance(token, str) else token in SINGLE for token in part)
    stars = sum(token in {Wildcard.STAR, Wildcard.SEGMENT_STAR} for token in part)
    filled = "0" * (max(0, ACCOUNT_ID_LENGTH - fixed) if stars == 1 else 0)
    return example_of(part, filled, "0")


@lru_cache(maxsize=4096)
def _form(service: str, resource: str) -> ArnFormat | None:
    """The first format of a service's ARNs that a resource fits."""
    return next((form for form in _forms(service) if form.fits_resource(resource)), None)


@lru_cache(maxsize=1024)
def _forms(service: str) -> tuple[ArnFormat, ...]:
    facts = catalog.find_service(service)
    forms = (
        read_format(text)
        for kind in (() if facts is None else facts.resource_types)
        for text in kind.arn_formats
    )
    return tuple(form for form in forms if form is not None and form.service == service)
