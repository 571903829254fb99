"""The examples that come along, by name: ``example:harbor``, and the files in them."""

from __future__ import annotations

import os

from iamsim.core.errors import RequestError

EXAMPLE = "example:"
IN_CHECKOUT = "corpus/examples/"


def example_path(text: str) -> str:
    """The path of an example, such as `example:harbor`, or of a file in it, such as
    `example:harbor/policies/deploy.json`; other text as it is.

    Raises `RequestError` for an example that there is not.
    """
    if not text.startswith(EXAMPLE):
        return text
    name, _, below = text.removeprefix(EXAMPLE).partition("/")
    known = examples()
    path = known.get(name.partition(".")[0])
    if path is None or not (name in known or path.endswith(name)):  # with its ending or without
        from iamsim.core.suggest import did_you_mean

        raise RequestError(
            "no-such-example",
            f"there is no example `{name}`",
            hint=did_you_mean(name, known) or f"examples are {', '.join(known)}",
        )
    parts = below.split("/") if below else []
    if ".." in parts:
        raise RequestError("no-such-example", f"there is no example `{text}`")
    return os.path.join(path, *parts)  # noqa: PTH118 - pathlib costs start-up time


def examples() -> dict[str, str]:
    """The paths of the examples that come along, by name: worlds, scenarios, plans, trails."""
    from pathlib import Path

    package = Path(__file__).parent.parent
    for folder in (package / "_corpus" / "examples", package.parent / "corpus" / "examples"):
        if folder.is_dir():
            paths = sorted(path for path in folder.iterdir() if path.name != "README.md")
            return {path.name.partition(".")[0]: str(path) for path in paths}
    return {}


def hint_for_examples(message: str) -> str | None:
    """Where the file is that a message misses, if it is an example of the pages: they are written
    for a checkout."""
    _, found, path = message.partition(f"`{IN_CHECKOUT}")
    path = path.partition("`")[0].rstrip("/")
    if not found or not path or os.path.exists(IN_CHECKOUT + path):  # noqa: PTH110 - as above
        return None
    name, slash, below = path.partition("/")
    known = examples()
    name = name.partition(".")[0]
    if name not in known:
        return None
    return f"outside of a checkout it is `{EXAMPLE}{name}{slash}{below}`"
