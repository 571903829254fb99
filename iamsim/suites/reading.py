"""From a document to a checked `ScenarioModel`: every fault becomes an error with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError  # noqa: TID253 - loaded for scenarios only

from iamsim.core.errors import WorldError
from iamsim.core.suggest import did_you_mean
from iamsim.suites.models import (
    AttachedModel,
    ColumnsModel,
    CompletionModel,
    DefaultsModel,
    LessonModel,
    PublicAccessBlockModel,
    RequestModel,
    ScenarioModel,
    SessionModel,
    VariationModel,
    ViaModel,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from iamsim.core.span import Path
    from iamsim.world.documents import Document

_PARTS: Mapping[str, type[BaseModel]] = {
    "": ScenarioModel,
    "defaults": DefaultsModel,
    "requests": RequestModel,
    "session": SessionModel,
    "via": ViaModel,
    "public_access_block": PublicAccessBlockModel,
    "completions": CompletionModel,
    "matrix": ColumnsModel,
    "lesson": LessonModel,
    "variations": VariationModel,
}
_NOUNS: Mapping[str, str] = {
    "": "a scenario",
    "defaults": "`defaults`",
    "requests": "a request",
    "session": "`session`",
    "via": "`via`",
    "public_access_block": "`public_access_block`",
    "completions": "a completion",
    "matrix": "a row of `matrix`",
    "lesson": "`lesson`",
    "variations": "a variation",
}
_KINDS: Mapping[str, str] = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of keys and values",
    "model_type": "a map of keys and values",
    "model_attributes_type": "a map of keys and values",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def read_scenario_model(document: Document) -> ScenarioModel:
    """Check a document against the scenario format; raises `WorldError` for its first fault."""
    if not isinstance(document.data, dict):
        raise WorldError(
            "scenario-not-a-map",
            "a scenario is a map with `title` and `requests`",
            span=document.span(()),
        )
    try:
        model = ScenarioModel.model_validate(document.data)
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=lambda fault: _order(document, fault))
        raise _world_error(document, first) from None
    _refuse_nulls(document, document.data)
    return model


def _refuse_nulls(document: Document, data: dict[str, object]) -> None:
    """Refuse a null in the place of policies: they may be lost. In a request it says that there are
    none of those that all requests share."""
    requests = data.get("requests")
    listed = requests if isinstance(requests, list) else []
    places: list[tuple[Path, dict[str, object]]] = [((), data)]
    places += [(("requests", index), entry) for index, entry in enumerate(listed)]
    for path, holder in places:
        for name in AttachedModel.model_fields:
            if name in holder and holder[name] is None and (not path or name not in data):
                raise WorldError(
                    "nothing-said",
                    f"`{name}` has nothing behind it",
                    span=document.key_span((*path, name)),
                    hint="write what it holds, or leave the key out; in a request a null takes away"
                    " what all requests share",
                )


def _order(document: Document, fault: ErrorDetails) -> tuple[bool, int]:
    """Report faults from the top of the file, but those last that another fault brings about: a
    misspelled key makes another one missing, a bad entry makes its list too short."""
    follows = fault["type"] in {"missing", "too_short"}
    return follows, document.span(_known_path(document, fault)).start


def _known_path(document: Document, fault: ErrorDetails) -> Path:
    """The part of a fault's location that exists in the document."""
    path: list[str | int] = []
    data: object = document.data
    for step in fault["loc"]:
        known = step in data if isinstance(data, dict) else _is_index(data, step)
        if not known:
            break
        data = data[step]  # type: ignore[index]  # known says that it is a map or a list
        path.append(step)
    return tuple(path)


def _is_index(data: object, step: int | str) -> bool:
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _meant(value: str, choices: str) -> str:
    """The choice that a misspelled value comes closest to, as the beginning of a hint; people also
    write one word of it that no other has (`boundary`), or its initials (`scp`)."""
    known = choices.split("`")[1::2]
    shown: dict[str, str] = {}
    for choice in known:
        words = choice.split("-")
        for name in (*words, "".join(word[0] for word in words)) if len(words) > 1 else ():
            shown[name] = "" if name in shown else choice
    shown = {name: choice for name, choice in shown.items() if choice}
    shown |= {choice: choice for choice in known}
    hint = did_you_mean(value, shown, shown=shown)
    return f"{hint} " if hint else ""


def _world_error(document: Document, fault: ErrorDetails) -> WorldError:
    path = _known_path(document, fault)
    kind = fault["type"]
    name = _last_name(fault["loc"])
    if kind == "extra_forbidden":
        part = _part(path[:-1])
        return WorldError(
            "unknown-key",
            f"`{name}` is not a key of {_NOUNS[part]}",
            span=document.key_span(path),
            hint=_hint(name, part),
        )
    if kind == "missing":
        part = _part(path)
        message = f"{_NOUNS[part]} needs the key `{name}`"
        return WorldError("missing-key", message, span=document.span(path))
    if kind == "literal_error":
        choices = str(fault.get("ctx", {}).get("expected", "")).replace("'", "`")
        value = fault["input"] if isinstance(fault["input"], str) else "this"
        return WorldError(
            "unknown-value",
            f"`{value}` is not a value of `{name}`",
            span=document.span(path),
            hint=f"{_meant(value, choices)}use one of {choices}",
        )
    if kind in _KINDS:
        message = f"`{name}` must be {_KINDS[kind]}"
        return WorldError("wrong-type", message, span=document.span(path))
    if kind in {"too_short", "empty_list"}:
        message = f"`{name}` needs at least one entry"
        return WorldError("empty-list", message, span=document.span(path))
    if kind == "invalid_account_id":
        message = f"`{name}` must be the id of an account"
        hint = "an account id is twelve digits, in quotes"
        return WorldError("invalid-account-id", message, span=document.span(path), hint=hint)
    if kind == "invalid_context_value":
        message = f"the value of `{name}` must be text or a list of texts"
        hint = "leave a key out when the request does not have it"
        return WorldError("wrong-type", message, span=document.span(path), hint=hint)
    return WorldError("wrong-type", f"`{name}` can't be read", span=document.span(path))


def _part(path: Path) -> str:
    """Which model the map at `path` belongs to, by the last name on the way to it."""
    return next((step for step in reversed(path) if isinstance(step, str) and step in _PARTS), "")


def _last_name(location: tuple[int | str, ...]) -> str:
    return next((step for step in reversed(location) if isinstance(step, str)), "requests")


def _hint(name: str, part: str) -> str:
    """The key that was meant: one of this part, else of a request, which may be written too high up
    or too low down."""
    known = tuple(_PARTS[part].model_fields)
    meant = did_you_mean(name, known)
    for other in ("requests", "") if meant is None else ():
        elsewhere = did_you_mean(name, _PARTS[other].model_fields)
        if elsewhere is not None:
            return f"{elsewhere} that is a key of {_NOUNS[other]}"
    return meant or f"known keys are {', '.join(known)}"
