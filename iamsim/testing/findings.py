"""What a broken law shows, and the case that it leaves behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.files.reading import read_text
from iamsim.files.writing import write_text
from iamsim.syntax.printer import to_document
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from os import PathLike

    from iamsim.testing.trial import Asked


def describe(
    request: Asked, title: str, told: str, tried: int, saved: str | PathLike[str] | None
) -> str:
    """Say which law is broken, by which request, and why that is decided as it is."""
    lines = [f"the law is broken: {title}"]
    lines += [told] if told else []
    lines += [
        f"by {request.principal}",
        f"   {request.action} on {request.resource}",
        *(f"   with {key} = {_text(value)}" for key, value in request.context.items()),
    ]
    if request.question.attached.identity_policies is not None:
        lines.append("   (its own account, which the world does not know, is taken to allow it)")
    lines += ["", request.answer.in_short().rstrip()]
    lines += ["", f"Found among {tried} requests, and made as plain as it can be."]
    if saved is not None:
        lines.append(f"It is a case of {os.fspath(saved)} now, which fails until this is mended.")
    return "\n".join(lines)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def case_of(request: Asked, title: str) -> str:
    """Write a request as an entry of `requests` that expects the other decision."""
    question = request.question
    keys: dict[str, object] = {
        "name": title,
        "principal": question.principal,
        "action": question.action,
        "resource": question.resource,
    }
    if question.context:
        keys["context"] = {
            key: value if isinstance(value, str) else list(value)
            for key, value in question.context.items()
        }
    if question.attached.identity_policies is not None:
        keys["identity_policies"] = [
            to_document(identity_policy) for identity_policy in question.attached.identity_policies
        ]
    keys["expect"] = "denied" if request.allowed else "allowed"
    lines = write_yaml(keys).splitlines()
    return "\n".join([f"- {lines[0]}", *(f"  {line}" for line in lines[1:]), ""])


def save_case(request: Asked, title: str, file: str | PathLike[str], world: str | None) -> bool:
    """Add a request to a suite, which is made if it is not there; one that is there already is not
    added again. Gives whether the suite has it now: without a world's path it can't. Raises
    `OSError` where the file can't be written."""
    path = os.fspath(file)
    case = case_of(request, title)
    try:
        text = read_text(path)
    except FileNotFoundError:
        text = ""
    if not text:
        if world is None:
            return False
        folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - as above
        relative = os.path.relpath(world, folder).replace(os.sep, "/")
        head: dict[str, object] = {"title": "Requests that broke a law", "world": relative}
        text = write_yaml(head) + "requests:\n"
    if case.partition("\n")[2] not in text:
        write_text(path, text + ("" if text.endswith("\n") else "\n") + case, over_input=True)
    return True
