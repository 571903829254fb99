"""The facts of one service as a small text of 14 lines, column by column.

Condition keys, and sets of them, stand once and are meant by number; the actions follow as
columns, so that reading a service back is a handful of `str.split` and one pass of `map`:

=====  ==========================================================================
line   content
=====  ==========================================================================
0      prefix, name, source
1, 2   condition keys; their types, several joined by ``,``
3-5    resource types; their ARN formats, several joined by ``|``; their key sets
6      key sets: numbers of line 1
7      resource type sets: ``NUMBER MARK : KEYSET``, the mark ``!`` required, ``?`` unsaid
8      sets of dependent actions; ``?`` where unknown
9-13   actions; access levels as one letter each; their key sets, resource type sets,
       sets of dependent actions
=====  ==========================================================================

Columns that may hold blanks are joined by tabs, the others by blanks.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from iamsim.catalog.facts import (
    ActionFacts,
    ConditionKeyFacts,
    ResourceTypeFacts,
    ResourceTypeUse,
    ServiceFacts,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamsim.catalog.facts import Scope

_LINES = 14
_LEVEL_OF_LETTER = {
    "L": "List",
    "R": "Read",
    "W": "Write",
    "T": "Tagging",
    "P": "Permissions management",
}
_LETTER_OF_LEVEL = {level: letter for letter, level in _LEVEL_OF_LETTER.items()}
_REQUIRED_OF_MARK = {"!": True, "-": False, "?": None}
_MARK_OF_REQUIRED = {required: mark for mark, required in _REQUIRED_OF_MARK.items()}


def encode_service(facts: ServiceFacts) -> str:
    """Write a service's facts; `decode_service` gives back an equal value.

    Raises ValueError when a name holds a character that the text needs for itself, or an
    action names a resource type or a condition key that the service doesn't declare.
    """
    keys = _numbers(key.name for key in facts.condition_keys)
    types = _numbers(resource.name for resource in facts.resource_types)
    key_sets: dict[str, int] = {"": 0}
    use_sets: dict[str, int] = {"": 0}
    dependent_sets: dict[str, int] = {"?": 0, "": 1}

    def key_set(names: tuple[str, ...]) -> str:
        return str(_intern(" ".join(str(keys[name]) for name in names), key_sets))

    def use_set(uses: tuple[ResourceTypeUse, ...]) -> str:
        texts = (
            f"{types[use.name]}{_MARK_OF_REQUIRED[use.required]}{key_set(use.condition_keys)}"
            for use in uses
        )
        return str(_intern(" ".join(texts), use_sets))

    def dependent_set(names: tuple[str, ...] | None) -> str:
        return str(_intern("?" if names is None else " ".join(names), dependent_sets))

    try:
        resource_keys = [key_set(resource.condition_keys) for resource in facts.resource_types]
        action_keys = [key_set(action.condition_keys) for action in facts.actions]
        action_uses = [use_set(action.resource_types) for action in facts.actions]
    except KeyError as error:
        message = f"`{facts.prefix}` does not declare `{error.args[0]}`"
        raise ValueError(message) from error
    dependents = [dependent_set(action.dependent_actions) for action in facts.actions]
    lines = (
        _join("\t", (facts.prefix, facts.name, facts.source)),
        _join("\t", keys),
        _join("\t", (_join(",", key.types) for key in facts.condition_keys)),
        _join("\t", types),
        _join("\t", (_join("|", resource.arn_formats) for resource in facts.resource_types)),
        _join(" ", resource_keys),
        "\t".join(key_sets),
        "\t".join(use_sets),
        "\t".join(dependent_sets),
        _join(" ", (action.name for action in facts.actions)),
        "".join(_LETTER_OF_LEVEL[action.access_level] for action in facts.actions),
        _join(" ", action_keys),
        _join(" ", action_uses),
        _join(" ", dependents),
    )
    text = "\n".join(lines)
    if text.count("\n") != _LINES - 1:
        message = f"a line break in the facts of `{facts.prefix}`"
        raise ValueError(message)
    return text


def decode_service(text: str) -> ServiceFacts:
    """Read back what `encode_service` wrote."""
    lines = text.split("\n")
    prefix, name, source = lines[0].split("\t")
    key_names = _split(lines[1], "\t")
    key_sets = {
        str(number): tuple([key_names[int(key)] for key in _split(members, " ")])
        for number, members in enumerate(lines[6].split("\t"))
    }
    type_names = _split(lines[3], "\t")

    def use(member: str) -> ResourceTypeUse:
        for mark, required in _REQUIRED_OF_MARK.items():
            number, found, key_set = member.partition(mark)
            if found:
                return ResourceTypeUse(type_names[int(number)], required, key_sets[key_set])
        message = f"a resource type without a mark: `{member}`"
        raise ValueError(message)

    use_sets = {
        str(number): tuple([use(member) for member in _split(members, " ")])
        for number, members in enumerate(lines[7].split("\t"))
    }
    dependent_sets = {
        str(number): None if members == "?" else tuple(_split(members, " "))
        for number, members in enumerate(lines[8].split("\t"))
    }
    actions = map(
        ActionFacts,
        repeat(prefix),
        _split(lines[9], " "),
        map(_LEVEL_OF_LETTER.__getitem__, lines[10]),
        map(use_sets.__getitem__, _split(lines[12], " ")),
        map(key_sets.__getitem__, _split(lines[11], " ")),
        map(dependent_sets.__getitem__, _split(lines[13], " ")),
    )
    # A service without resource types has an empty line 4, which is no list of one empty format.
    arn_formats = lines[4].split("\t") if type_names else []
    resources = [
        ResourceTypeFacts(prefix, type_name, tuple(_split(formats, "|")), key_sets[key_set])
        for type_name, formats, key_set in zip(
            type_names, arn_formats, _split(lines[5], " "), strict=True
        )
    ]
    key_types = lines[2].split("\t") if key_names else []
    keys = [
        declared_key(key, tuple(_split(types, ",")))
        for key, types in zip(key_names, key_types, strict=True)
    ]
    return ServiceFacts(prefix, name, source, tuple(actions), tuple(resources), tuple(keys))


def action_names(text: str) -> list[str]:
    """Read only the names of the actions, without the service's prefix."""
    return _split(text.split("\n", 10)[9], " ")


def declared_key(name: str, types: tuple[str, ...]) -> ConditionKeyFacts:
    """Make the facts of a key that a service declares; its prefix tells where it comes from."""
    prefix = name.partition(":")[0]
    scope: Scope = "service"
    if prefix == "aws":
        scope = "action"
    elif "." in prefix or prefix == "saml":
        scope = "identity-provider"
    return ConditionKeyFacts(name, types, scope=scope)


def _numbers(names: Iterable[str]) -> dict[str, int]:
    """Give names their numbers, in their order."""
    return {name: number for number, name in enumerate(names)}


def _intern(text: str, numbers: dict[str, int]) -> int:
    """Give the number of a text, a new one when it is new."""
    return numbers.setdefault(text, len(numbers))


def _join(separator: str, parts: Iterable[str]) -> str:
    """Join parts that must not hold the separator."""
    listed = list(parts)
    if any(separator in part for part in listed):
        message = f"a separator inside one of {listed!r}"
        raise ValueError(message)
    return separator.join(listed)


def _split(text: str, separator: str) -> list[str]:
    """Split what `_join` joined; an empty text has no parts."""
    return text.split(separator) if text else []
