"""Whether an action acts on a resource, and what was meant where it does not.

Follows https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.catalog.regions import PARTITIONS, REGIONS, is_region, may_be_region
from iamsim.checks.arn_formats import ArnFormat, ArnText, cut_arn
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.suggest import nearest

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts

# Of these services the reference lists alternatives, none of which it calls required by itself.
ONE_OF_SEVERAL = frozenset({"cassandra", "es", "execute-api", "s3"})
_VARIABLE = re.compile(r"\$\{([A-Za-z]+)\}")
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FIRST_WORD = re.compile(r"([A-Za-z-]+)[:/]")
_WILD = re.compile(r"[*?]")
UNKNOWN_REGION, UNKNOWN_ACCOUNT = "REGION", "ACCOUNT"
ACCOUNT_ID_LENGTH = 12
MARKS = (":", "/")


def needs_resource(facts: ActionFacts) -> bool:
    """Whether every request for an action is about a resource that has an ARN."""
    if not facts.resource_types:
        return False
    required = any(use.required is True for use in facts.resource_types)
    return required or facts.service in ONE_OF_SEVERAL


def fits(form: ArnFormat, arn: ArnText) -> bool:
    """Whether an ARN, or a pattern for ARNs, may be of a format. Wildcards and variables in front
    of the resource may be any service; no ARN is in a partition that there is not."""
    marks = ("${", "*", "?")
    anywhere = arn.partition in PARTITIONS or any(mark in arn.partition for mark in marks)
    loose = any(mark in text for text in (form.service, arn.service) for mark in marks)
    return anywhere and (loose or form.service == arn.service) and form.fits_resource(arn.resource)


def account_is_amiss(arn: ArnText, formats: Iterable[ArnFormat]) -> bool:
    """Whether no format has an account where the ARN has what it has: none, or no id of one."""
    return not any(_account_fits(form, arn) for form in formats)


def region_is_amiss(arn: ArnText, formats: Iterable[ArnFormat]) -> bool:
    """Whether no format has a Region where the ARN has what it has: none, or no Region's code."""
    return not any(_region_fits(form, arn) for form in formats)


def _account_fits(form: ArnFormat, arn: ArnText) -> bool:
    if _WILD.search(arn.account) or "${" in arn.account or form.account == arn.account:
        return True
    # `aws` owns what AWS gives to everybody, such as managed policies.
    return "${" in form.account and (is_account_id(arn.account) or arn.account == "aws")


def _region_fits(form: ArnFormat, arn: ArnText) -> bool:
    if _WILD.search(arn.region) or "${" in arn.region or form.region == arn.region:
        return True
    return "${" in form.region and (is_region(arn.region) or may_be_region(arn.region))


def with_account(arn: ArnText, formats: Iterable[ArnFormat], account: str) -> ArnText:
    """The ARN with the account that its format has."""
    own = next(iter(formats)).account
    return arn._replace(account=(account or UNKNOWN_ACCOUNT) if "${" in own else own)


def with_region(arn: ArnText, formats: Iterable[ArnFormat]) -> ArnText:
    """The ARN with the Region that its format has, the most alike one where that is any."""
    own = next(iter(formats)).region
    close = nearest(arn.region, REGIONS)
    return arn._replace(region=close or UNKNOWN_REGION if "${" in own else own)


def likely_arns(resource: str, formats: Sequence[ArnFormat], account: str) -> tuple[str, ...]:
    """The ARN that was meant by a text that is none of the formats: with more or less behind it,
    with the parts in front that are missing, or of a name or an address."""
    plainest = sorted(formats, key=lambda form: (form.text.count("${"), len(form.text), form.text))
    arn = cut_arn(resource)
    candidates: list[ArnText] = []
    if arn is not None:
        if arn.partition not in PARTITIONS:
            arn = arn._replace(partition=nearest(arn.partition, PARTITIONS) or "aws")
            candidates.append(arn)
        candidates += _longer_and_shorter(arn)
        same = [form for form in plainest if form.service == arn.service]
        candidates += [
            arn._replace(resource=text) for form in same for text in _with_word(form, arn)
        ]
        candidates += [arn._replace(resource=_head(form) + arn.resource) for form in same]
    else:
        for form in plainest:
            complete = _completed(resource, form, account)
            if complete is not None:
                candidates.append(complete)
                candidates += [] if _head(form) else _longer_and_shorter(complete)
    meant = (
        candidate for candidate in candidates if any(_is_like(form, candidate) for form in formats)
    )
    return tuple(written(arn_text) for arn_text in meant)[:1]


def _with_word(form: ArnFormat, arn: ArnText) -> Iterator[str]:
    """The resource with the word that its format begins with, where one that is alike, or another
    mark behind it, stands there: `roles/app` for `role/app`."""
    head, start = _head(form), _FIRST_WORD.match(arn.resource)
    if head[-1:] in MARKS and start is not None and nearest(start[1].lower(), [head[:-1]]):
        yield head + arn.resource[start.end() :]


def _longer_and_shorter(arn: ArnText) -> Iterator[ArnText]:
    """The ARN with less or more behind it, which is the usual slip: a bucket for its objects."""
    parts = arn.resource.split("/")
    for count in range(len(parts) - 1, 0, -1):
        yield arn._replace(resource="/".join(parts[:count]))
    if len(parts) == 1:
        yield arn._replace(resource=f"{arn.resource}/*")


def _is_like(form: ArnFormat, arn: ArnText) -> bool:
    """Whether an ARN fits a format and is cut into as many parts."""
    return fits(form, arn) and all(
        form.resource.count(mark) == arn.resource.count(mark) for mark in ":/"
    )


def _head(form: ArnFormat) -> str:
    """What stands before the name, such as `function:`."""
    return _VARIABLE.split(form.resource)[0]


def _completed(text: str, form: ArnFormat, account: str) -> ArnText | None:
    """Read a name, an address or an ARN with parts missing as an ARN of a format; `None` where it
    can't be one of it."""
    words = text.removeprefix(f"{form.service}://").split(":")
    partition, region = "aws", ""
    if words[0] == "arn":
        partition, service, *words = (*words[1:], "", "")
        if service != form.service:
            return None
        words = [piece for word in words if word for piece in _at_lost_colons(word)]
        if words and is_region(words[0]):
            region, *words = words
        if len(words) > 1 and is_account_id(words[0]):
            account, *words = words
    rest = ":".join(words)
    if not rest or (text.startswith("arn:") is False and ":" in rest):
        return None
    head = _head(form)
    known = cut_arn(form.text.replace("${Partition}", partition))
    if known is None:
        return None
    return known._replace(
        region=(region or UNKNOWN_REGION) if "${" in known.region else known.region,
        account=(account or UNKNOWN_ACCOUNT) if "${" in known.account else known.account,
        resource=rest if rest.startswith(head) else head + rest,
    )


def _at_lost_colons(word: str) -> list[str]:
    """Cut a part of an ARN where a colon lacks: between Region and account, behind an account."""
    before, account = word[:-ACCOUNT_ID_LENGTH], word[-ACCOUNT_ID_LENGTH:]
    if is_account_id(account) and is_region(before):
        return [before, account]
    account, behind = word[:ACCOUNT_ID_LENGTH], word[ACCOUNT_ID_LENGTH:]
    return [account, behind] if behind and is_account_id(account) else [word]


def written(arn: ArnText) -> str:
    """Put the parts of an ARN together."""
    return ":".join(("arn", *arn))


def readable_formats(formats: Iterable[ArnFormat], resource: str) -> tuple[str, ...]:
    """The formats as people read them, shortest first, in the partition of a resource."""
    arn = find_arn(resource)
    partition = arn.partition if arn is not None and arn.partition in PARTITIONS else "aws"
    texts = {_readable(form.text, partition) for form in formats}
    return tuple(sorted(texts, key=lambda text: (len(text), text)))


def _readable(text: str, partition: str) -> str:
    """Write ``arn:${Partition}:s3:::${BucketName}`` as ``arn:aws:s3:::BUCKET_NAME``."""

    def word(found: re.Match[str]) -> str:
        name = found[1]
        if name == "Partition":
            return partition
        return _WORD_STARTS.sub("_", name).upper()

    return _VARIABLE.sub(word, text)
