"""Policy text: variables, wildcards, and the matching of actions and ARNs.

Resolved policy text is a list of pairs (character, literal). A `*` or `?` that is not literal is a
wildcard; whatever came out of a variable is literal.
"""

import re
from typing import Any

Pairs = list[tuple[str, bool]]
Context = dict[str, Any]

VARIABLE = re.compile(r"\$\{([^}]*?)(?:\s*,\s*'([^']*)')?\}")
ESCAPES = ("*", "?", "$")


def scalar(value: Any) -> str:
    """Write one value as IAM reads it: `true` for True, `10` for 10, text as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_list(value: Any) -> list[Any]:
    """Give the elements of a list, of one scalar, or of nothing (None)."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def variable_value(name: str, default: str | None, context: Context) -> str | None:
    """Look a policy variable up; None when it can't be resolved."""
    if name in ESCAPES:
        return name
    found = context.get(name.lower())
    if isinstance(found, list):
        return None
    if found is None or found == "":
        return found if default is None else default
    return str(found)


def resolve(text: str, context: Context, substitute: bool) -> Pairs | None:
    """Turn policy text into pairs; None when a variable in it can't be resolved."""
    if not substitute:
        return [(char, False) for char in text]
    pairs: Pairs = []
    position = 0
    for found in VARIABLE.finditer(text):
        pairs += [(char, False) for char in text[position : found.start()]]
        value = variable_value(found.group(1), found.group(2), context)
        if value is None:
            return None
        pairs += [(char, True) for char in value]
        position = found.end()
    return pairs + [(char, False) for char in text[position:]]


def plain(pairs: Pairs) -> str:
    """Read the pairs as text in which nothing is a wildcard."""
    return "".join(char for char, _ in pairs)


def glob(pairs: Pairs, text: str) -> bool:
    """Say whether the whole text fits: `*` is any run, `?` any one character."""
    if not pairs:
        return text == ""
    char, literal = pairs[-1]
    if char == "*" and not literal:
        shorter = pairs[:-1]
        # Two stars in a row mean the same as one.
        if shorter and shorter[-1] == ("*", False):
            return glob(shorter, text)
        return any(glob(shorter, text[:end]) for end in range(len(text) + 1))
    if not text:
        return False
    fits = text[-1] == char or (char == "?" and not literal)
    return fits and glob(pairs[:-1], text[:-1])


def glob_text(pattern: str, text: str) -> bool:
    """Match a pattern without variables."""
    return glob([(char, False) for char in pattern], text)


def action_matches(pattern: str, action: str) -> bool:
    """Match an action pattern, letter case aside (R10.1)."""
    if pattern in ("*", "*:*"):
        return True
    prefix, colon, name = pattern.lower().partition(":")
    service, _, operation = action.lower().partition(":")
    return bool(colon) and glob_text(prefix, service) and glob_text(name, operation)


def segments(pairs: Pairs) -> list[Pairs]:
    """Split on the first five colons."""
    parts: list[Pairs] = [[]]
    for pair in pairs:
        if pair[0] == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(pair)
    return parts


def has_early_variable(pattern: str) -> bool:
    """Say whether a variable stands before the fifth colon, where Resource allows none (R9.3)."""
    return any(pattern[: found.start()].count(":") < 5 for found in VARIABLE.finditer(pattern))


def is_incomplete_arn(pattern: str) -> bool:
    """Say whether the text starts as an ARN but has fewer than six parts."""
    return pattern.startswith("arn:") and pattern.count(":") < 5


def arn_regex(parts: list[Pairs]) -> str:
    """Write R10.6 as a regular expression."""
    texts = []
    for number, part in enumerate(parts):
        text = ""
        for place, (char, literal) in enumerate(part):
            free = number == 5
            if char == "*" and not literal:
                text += ".*" if free or place == len(part) - 1 else "[^:]*"
            elif char == "?" and not literal:
                text += "." if free else "[^:]"
            else:
                text += re.escape(char)
        texts.append(text)
    return ":".join(texts)


def resource_matches(pattern: str, resource: str, context: Context, substitute: bool) -> bool:
    """Match one Resource entry against the ARN of the request, or `*` for no resource."""
    if pattern == "*":
        return True
    if substitute and has_early_variable(pattern):
        return False
    pairs = resolve(pattern, context, substitute)
    if pairs is None:
        return False
    parts = segments(pairs)
    if pattern.startswith("arn:"):
        parts += [[("*", False)] for _ in range(6 - len(parts))]
    return re.fullmatch(arn_regex(parts), resource, re.DOTALL) is not None


def arn_condition_matches(pairs: Pairs, value: str) -> bool:
    """Compare two ARNs part by part, as ArnLike and ArnEquals do (R8.19)."""
    theirs = value.split(":", 5)
    if pairs == [("*", False)]:
        return len(theirs) == 6 and theirs[0] == "arn"
    ours = segments(pairs)
    return len(ours) == len(theirs) == 6 and all(map(glob, ours, theirs))
