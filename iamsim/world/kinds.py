"""What the fields of a world file may hold, from texts to lists of records.

YAML gives every scalar as text and JSON gives numbers and booleans as such, so numbers and flags
are read from both; what must be text (an account id) is never taken from a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.data_class import NamedTuple, dataclass
from iamsim.core.suggest import did_you_mean
from iamsim.core.unknown import Unknown, find_marker
from iamsim.world.fields import LEAVE_OUT, Fault, Kind, Place, Problems, Table, describe

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_is_iam_name = re.compile(r"[A-Za-z0-9_+=,.@-]+").fullmatch
_is_iam_path = re.compile(r"/(?:[!-\x7f]*/)?").fullmatch
MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Raw:
    """A value that is read later, when what it may refer to is known: a policy."""

    value: object
    place: Place


def read_text(value: object, _place: Place, _problems: Problems) -> str:
    """Take a text; numbers would lose their leading zeros."""
    if isinstance(value, str):
        return value
    raise Fault("wrong-type", f"this must be text, not {describe(value)}", _quote_hint(value))


def _quote_hint(value: object) -> str | None:
    """Say what makes text of a number."""
    return "put it in quotes" if type(value) in (int, float) else None


class _Checked(NamedTuple):
    """A kind of text that a check must accept; `what` is what a text that fails is not."""

    name: str
    check: Callable[[str], object]
    code: str
    what: str
    hint: str
    pattern: str

    def kind(self) -> Kind:
        """Make the kind."""
        return Kind(self.name, self.read, {"type": "string", "pattern": self.pattern})

    def read(self, value: object, place: Place, problems: Problems) -> str:
        """Take a text that the check accepts."""
        text = read_text(value, place, problems)
        if not self.check(text):
            raise Fault(self.code, f"{describe(text)} is not {self.what}", self.hint)
        return text


def _is_time(text: str) -> bool:
    from datetime import datetime

    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time_or_never(text: str) -> bool:
    """Say whether a text is a time, or says that there is none."""
    return text == "never" or _is_time(text)


def _read_name(value: object, place: Place, problems: Problems) -> str | Unknown:
    """Take a text, or the marker of one that is not known."""
    return find_marker(value) or read_text(value, place, problems)


def _read_flag(value: object, _place: Place, _problems: Problems) -> bool:
    """Take true or false, as JSON or as text."""
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, bool):
        return value
    raise Fault("wrong-type", f"this must be true or false, not {describe(value)}")


def _read_whole_number(value: object, _place: Place, _problems: Problems) -> int:
    """Take a whole number that is not negative, as JSON or as text."""
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:
        return int(text)
    raise Fault("wrong-type", f"this must be a whole number, not {describe(value)}")


def _read_raw(value: object, place: Place, _problems: Problems) -> Raw:
    """Keep the value and its place for later."""
    if isinstance(value, str | dict):
        return Raw(value, place)
    hint = "give one policy here" if isinstance(value, list) else None
    what = "this must be a policy: a map, or its name, file or ARN"
    raise Fault("wrong-type", f"{what}; not {describe(value)}", hint)


def _read_anything(value: object, _place: Place, _problems: Problems) -> object:
    """Take whatever stands there."""
    return value


def _read_tags(value: object, place: Place, problems: Problems) -> dict[str, str | Unknown]:
    """Take a map of texts, or the list of `Key` and `Value` that AWS prints; the marker may stand
    for a value."""
    tags: dict[str, str | Unknown] = {}
    pairs: list[tuple[object, object, Place]] = []
    if isinstance(value, dict):
        pairs = [(key, item, place.below(key)) for key, item in value.items()]
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, dict) or item.keys() != {"Key", "Value"}:
                problems.add(
                    "wrong-type",
                    "a tag in a list must be a map of `Key` and `Value`",
                    place.below(index).span,
                )
                continue
            pairs.append((item["Key"], item["Value"], place.below(index, "Value")))
    else:
        raise Fault("wrong-type", f"this must be a map of tags, not {describe(value)}")
    for key, item, item_place in pairs:
        if item is None and not item_place.is_blank:
            hint = 'write `""` for a tag without a value'
            problems.add("nothing-said", "null is no value of a tag", item_place.span, hint)
            continue
        text = "" if item is None else item
        unknown = find_marker(item)
        if unknown is not None and isinstance(key, str) and key not in tags:
            tags[key] = unknown
            continue
        if not isinstance(key, str) or not isinstance(text, str):
            problems.add(
                "wrong-type",
                f"the key and value of a tag must be text, not {describe(item)}",
                item_place.span,
                _quote_hint(item),
            )
        elif key in tags:
            problems.add("duplicate-key", f"the tag `{key}` stands twice", item_place.span)
        else:
            tags[key] = text
    return tags


def choice(*names: str) -> Kind:
    """Make a kind of text out of a closed list."""

    def read(value: object, place: Place, problems: Problems) -> str:
        """Take one of the names."""
        text = read_text(value, place, problems)
        if text not in names:
            listed = ", ".join(f"`{name}`" for name in names)
            message = f"this must be one of {listed}, not {describe(text)}"
            raise Fault("invalid-value", message, did_you_mean(text, names))
        return text

    return Kind(" or ".join(names), read, {"enum": list(names)})


def list_of(kind: Kind) -> Kind:
    """Make a kind for lists; an item that does not fit is noted and left out."""

    def read(value: object, place: Place, problems: Problems) -> tuple[object, ...]:
        """Take the items that fit."""
        if not isinstance(value, list):
            hint = f"write a list, such as [{value}]" if isinstance(value, str) else None
            raise Fault("wrong-type", f"this must be a list, not {describe(value)}", hint)
        items = []
        for index, item in enumerate(value):
            item_place = place.below(index)
            try:
                items.append(kind.read(item, item_place, problems))
            except Fault as fault:
                problems.add(fault.code, fault.message, item_place.span, fault.hint)
        return tuple(items)

    return Kind(f"list of {kind.name}", read, {"type": "array", "items": kind.schema})


def map_of(key_kind: Kind, kind: Kind, *, lost: bool = False) -> Kind:
    """Make a kind for maps; an entry that does not fit is noted and left out.

    Nothing in place of a record is a record that says nothing, so that `alice:` is a user. A null
    is none: what stood there may be lost. With `lost` an entry whose key does not fit keeps no
    world from being loaded: it is unknown.
    """

    def read(value: object, place: Place, problems: Problems) -> dict[str, object]:
        """Take the entries that fit."""
        if not isinstance(value, dict):
            raise Fault("wrong-type", f"this must be a map, not {describe(value)}")
        entries: dict[str, object] = {}
        for key, item in value.items():
            item_place = place.below(key)
            try:
                key_kind.read(key, item_place, problems)
            except Fault as fault:
                if lost:
                    problems.lose(fault.code, fault.message, item_place.key_span, fault.hint)
                    entries[key] = Unknown.unreadable(fault.message)
                    continue
                problems.add(fault.code, fault.message, item_place.key_span, fault.hint)
                continue
            if item is None and not item_place.is_blank:
                message = f"{describe(key)}: null says nothing"
                problems.add("nothing-said", message, item_place.span, LEAVE_OUT)
                continue
            try:
                entries[key] = kind.read(kind.empty if item is None else item, item_place, problems)
            except Fault as fault:
                problems.add(
                    fault.code, f"{describe(key)}: {fault.message}", item_place.span, fault.hint
                )
        return entries

    schema: dict[str, object] = {"type": "object", "additionalProperties": kind.schema}
    if "pattern" in key_kind.schema:
        schema["propertyNames"] = key_kind.schema
    return Kind(f"map of {kind.name}", read, schema)


def record(find_table: Callable[[], Table], name: str) -> Kind:
    """Make a kind for records of a table, which may be defined later; `name` is for the schema."""

    def read(value: object, place: Place, problems: Problems) -> object:
        """Read the record by its table."""
        return find_table().read(value, place, problems)

    return Kind(name, read, {"$ref": f"#/$defs/{name}"}, empty={})


def _read_nothing(_value: object, _place: Place, _problems: Problems) -> object:
    """Refuse whatever is no marker: another part of the file says it."""
    raise Fault("invalid-value", "only the marker of what is not known stands here", LEAVE_OUT)


TEXT = Kind("text", read_text, {"type": "string"})
NAME_OR_UNKNOWN = Kind(
    "text", _read_name, {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/unknown"}]}
)
FLAG = Kind("true or false", _read_flag, {"enum": [True, False, "true", "false"]})
WHOLE_NUMBER = Kind(
    "whole number",
    _read_whole_number,
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]},
)
ANYTHING = Kind("anything", _read_anything, {})
NOTHING = Kind("nothing but the marker of what is not known", _read_nothing, {"not": {}})
TAGS = Kind(
    "tags",
    _read_tags,
    {
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": ["string", "null"]}, {"$ref": "#/$defs/unknown"}]
                },
            },
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "Key": {"type": "string"},
                        "Value": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/unknown"}]},
                    },
                    "required": ["Key", "Value"],
                    "additionalProperties": False,
                },
            },
        ]
    },
)
POLICY = Kind("policy", _read_raw, {"$ref": "#/$defs/policy"})
ACCOUNT_ID = _Checked(
    "account id",
    is_account_id,
    "invalid-account-id",
    "an account id",
    "an account id is twelve digits, in quotes",
    "^[0-9]{12}$",
).kind()
SHARE = _Checked(
    "account id or all",
    lambda text: text == "all" or is_account_id(text),
    "invalid-account-id",
    "an account id, nor `all`",
    "an account id is twelve digits, in quotes",
    "^([0-9]{12}|all)$",
).kind()
ARN = _Checked(
    "ARN",
    find_arn,
    "invalid-arn",
    "an ARN",
    "an ARN has six parts: arn:partition:service:region:account:resource",
    "^arn:([^:]*:){4}",
).kind()
IAM_NAME = _Checked(
    "name",
    _is_iam_name,
    "invalid-name",
    "a name that IAM accepts",
    "letters, digits and _+=,.@- are allowed; a path goes into the key `path`",
    "^[A-Za-z0-9_+=,.@-]+$",
).kind()
IAM_PATH = _Checked(
    "path",
    _is_iam_path,
    "invalid-path",
    "a path of IAM",
    "a path starts and ends with a slash, such as /eng/",
    "^/([!-\\x7f]*/)?$",
).kind()
TIME = _Checked(
    "time",
    _is_time,
    "invalid-time",
    "a time in ISO 8601",
    "such as 2026-11-24T10:00:00Z",
    "^[0-9]{4}-?[0-9W]",
).kind()
TIME_OR_NEVER = _Checked(
    "time",
    _is_time_or_never,
    "invalid-time",
    "a time in ISO 8601, nor `never`",
    "such as 2026-11-24T10:00:00Z",
    "^([0-9]{4}-?[0-9W]|never$)",
).kind()
NODE_ID = _Checked(
    "id",
    re.compile("[^/\\s*?\x00\ufffd]+").fullmatch,
    "invalid-value",
    "an id",
    "such as o-exampleorg1, r-ab12 or ou-ab12-11112222",
    "^[^/\\s*?]+$",
).kind()
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_PolicySummary.html
POLICY_ID = _Checked(
    "policy id",
    re.compile(r"p-[0-9A-Za-z_]{8,128}").fullmatch,
    "invalid-value",
    "the id of a policy of Organizations",
    "such as p-examplepolicyid111",
    "^p-[0-9A-Za-z_]{8,128}$",
).kind()
