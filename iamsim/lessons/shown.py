"""What one sees of a step: the request, and the policies as JSON, or the world as YAML."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer
from iamsim.core.layer_names import layer_name
from iamsim.draw.lettering import plain
from iamsim.lessons.pages import WORLD, page_name, policy_json, world_text

if TYPE_CHECKING:
    from iamsim.core.span import Path
    from iamsim.lessons.lesson import Lesson, Step

# The keys of a scenario under which policies stand, and the layers that they are of.
_LAYERS = {
    "identity_policies": Layer.IDENTITY_BASED_POLICY,
    "resource_policy": Layer.RESOURCE_BASED_POLICY,
    "boundary": Layer.PERMISSIONS_BOUNDARY,
    "session_policies": Layer.SESSION_POLICY,
    "scps": Layer.SERVICE_CONTROL_POLICY,
    "rcps": Layer.RESOURCE_CONTROL_POLICY,
    "vpce_policies": Layer.VPC_ENDPOINT_POLICY,
}
_BLOCK = "public_access_block"


class Shown(NamedTuple):
    """A text with its title; `language` is ``json``, ``yaml``, ``diff`` or ``text``."""

    title: str
    text: str
    language: str = "json"


def shown_parts(lesson: Lesson, step: Step) -> list[Shown]:
    """The policies of a step, each with its title; of a world the whole world."""
    data = lesson.document.data
    if not isinstance(data, dict):  # a scenario is a map: it was read as one
        return []
    own = data["requests"][step.index]
    parts = []
    if isinstance(data.get("world"), dict):
        parts.append(Shown(f"the world ({WORLD})", world_text(data["world"]).rstrip("\n"), "yaml"))
    for key in (*_LAYERS, _BLOCK):
        value = own[key] if key in own else data.get(key)
        if value is not None:
            parts += _policies(key, value, step.action)
    session = own.get("session")
    if isinstance(session, dict) and session.get("policies") is not None:
        parts += _policies("policies", session["policies"], step.action)
    return parts


def _policies(key: str, value: object, action: str) -> Iterator[Shown]:
    """The policies under one key: a policy, a list, or a list of levels."""
    if key == _BLOCK:
        yield Shown("S3 Block Public Access", policy_json(value))
        return
    name = layer_name(_LAYERS.get(key, Layer.SESSION_POLICY), action)
    if key in ("scps", "rcps") and isinstance(value, list):
        for number, level in enumerate(value):
            title = name if len(value) == 1 else f"{name}, level {number + 1}"
            yield from _several(title, level, (key, number))
    elif isinstance(value, list):
        yield from _several(name, value, (key,))
    else:
        yield _one(name, value, (key,))


def _several(title: str, policies: list[object], path: Path) -> Iterator[Shown]:
    if not policies:
        yield Shown(title, "(none attached)", "text")
    for number, policy in enumerate(policies):
        yield _one(title, policy, (*path, number))


def _one(title: str, policy: object, path: Path) -> Shown:
    """A policy under the name that quotes call it by; of AWS's own only the ARN."""
    if isinstance(policy, str):
        return Shown(title, policy, "text")
    return Shown(f"{title} ({page_name(path)})", policy_json(policy))


def request_facts(step: Step) -> list[tuple[str, str]]:
    """The request of a step, as names and values."""
    questions = step.request.questions
    one = questions[0]
    call = step.request.call
    facts = [("principal", one.principal)]
    if call is not None:
        facts.append(("call", " ".join(call.line.split())))
    else:
        facts += [("action", action) for action in dict.fromkeys(q.action for q in questions)]
        resources = dict.fromkeys(q.resource for q in questions)
        facts += [("resource", name) for name in resources if name]
    for key, value in (one.context if call is None else call.context).items():
        text = value if isinstance(value, str) else ", ".join(value)
        facts.append(("context", f"{key} = {text}"))
    session = one.session
    facts += [("session tag", f"{key} = {value}") for key, value in session.tags.items()]
    if session.source_identity is not None:
        facts.append(("source identity", session.source_identity))
    if one.via.vpc_endpoint is not None:
        facts.append(("through", one.via.vpc_endpoint))
    facts += [("forwarded by", service) for service in one.via.services]
    return [(name, plain(value)) for name, value in facts]


def changed_lines(before: list[Shown], after: list[Shown]) -> list[Shown]:
    """What is different in the policies: new ones in full, the others as lines with ``-`` and
    ``+``."""
    old = {part.title: part for part in before}
    new = {part.title: part for part in after}
    changed = []
    for title in dict.fromkeys((*old, *new)):
        was, now = old.get(title), new.get(title)
        if was == now:
            continue
        if was is None and now is not None:
            changed.append(now._replace(title=f"new: {title}"))
        elif now is None:
            changed.append(Shown(f"taken away: {title}", "(gone)", "text"))
        elif was is not None:
            changed.append(Shown(f"changed: {title}", _difference(was.text, now.text), "diff"))
    return changed


def _difference(before: str, after: str) -> str:
    """The lines that differ, with some around them; dots stand for what is left out."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    kept = [line for line in lines if not line.startswith(("---", "+++"))]
    first = "@@ -1,"
    text = ["..." if line.startswith("@@") else line for line in kept]
    return "\n".join(text[1:] if kept and kept[0].startswith(first) else text)
