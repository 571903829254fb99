"""A secret stands in the text of a policy.

## What it finds
Access key ids of AWS, private keys, tokens of well-known services, and long random-looking values
behind a name such as `secret` or `password`. The example keys of AWS's documentation, which end in
`EXAMPLE`, are no secrets, nor are ARNs, patterns and policy variables.

## Why it matters
Everyone who can read IAM, a repository or a plan can read a policy. A secret in it must be taken
for known, and replaced.
https://docs.aws.amazon.com/IAM/latest/UserGuide/securing_access-keys.html
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from iamsim.checks.finding import Place
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.span import Path

CODE = "IAMSIM_SECRET_IN_POLICY"
KNOWN = (
    (re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"), "an access key id"),
    (re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36}"), "a token of GitHub"),
    (re.compile(r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}"), "a token of GitLab"),
    (re.compile(r"(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}"), "a token of Slack"),
    (re.compile(r"(?<![A-Za-z0-9])sk_live_[A-Za-z0-9]{16,}"), "a key of Stripe"),
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"), "a web token"),
)
WORD = r"(?:secret|password|passwd|passphrase|api[_-]?key|private[_-]?key)"
search_assigned = re.compile(
    WORD + r"""[A-Za-z_-]*["' ]*[:=]["' ]*(?P<value>[A-Za-z0-9/+_.-]{12,}={0,2})""", re.IGNORECASE
).search
search_word = re.compile(WORD, re.IGNORECASE).search
match_value = re.compile(r"[A-Za-z0-9/+_.=-]{12,}").fullmatch
# Keys about secrets and parameters by name, which are no secrets themselves.
NAMES = ("secretsmanager:", "kms:", "ssm:", "sts:externalid")
SPECIMEN = "EXAMPLE"
BITS = 3.3  # of each character of a text that nobody thought up


@checks(CODE)
def secrets_in_text(policy: PolicyView) -> Findings:
    """Every text of the document, names of members as well."""
    for path, text, name in _texts(policy.raw, (), ""):
        found = _secret(text, name)
        if found is None:
            continue
        start, length, what = found
        place = Place(path, start, length)
        hint = "take it out and replace it: whoever reads the policy knows it"
        yield policy.finding(CODE, f"this looks like {what}", place, hint=hint)


def _texts(raw: object, path: Path, name: str) -> Iterator[tuple[Path, str, str]]:
    """Go through all texts with their paths and the member that they stand in."""
    waiting: list[tuple[object, Path, str]] = [(raw, path, name)]
    while waiting:
        value, place, member = waiting.pop()
        if isinstance(value, str):
            yield place, value, member
        elif isinstance(value, list):
            waiting += [(entry, (*place, index), member) for index, entry in enumerate(value)]
        elif isinstance(value, dict):
            for key, entry in value.items():
                yield (*place, key, "#key"), key, ""
                waiting.append((entry, (*place, key), key))


# The same actions, resources and keys stand in every policy of a world.
@lru_cache(maxsize=20_000)
def _secret(text: str, name: str) -> tuple[int, int, str] | None:
    """Find a secret in a text: where, how long, and what it looks like."""
    if len(text) < 12 or text.endswith(SPECIMEN):  # noqa: PLR2004 - too short for any
        return None
    for pattern, what in KNOWN:
        known = pattern.search(text)
        if known is not None and SPECIMEN not in known.group():
            return known.start(), len(known.group()), what
    if not text.startswith("arn:"):
        assigned = search_assigned(text)
        if assigned is not None and _is_random(assigned["value"]):
            return assigned.start("value"), len(assigned["value"]), "a secret"
    named = name.lower()
    if not search_word(name) or named.startswith(NAMES) or text.startswith("arn:"):
        return None
    if match_value(text) and _is_random(text):
        return 0, len(text), "a secret"
    return None


def _is_random(text: str) -> bool:
    """Whether a text has letters and digits mixed as nobody writes them."""
    if not (any(map(str.isdigit, text)) and any(map(str.isalpha, text))) or SPECIMEN in text:
        return False
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return bits >= BITS
