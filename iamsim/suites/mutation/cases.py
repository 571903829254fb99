"""The requests that would have noticed a mutant, as cases to paste into a suite."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue
    from iamsim.suites.mutation.run import MutationResult
    from iamsim.suites.mutation.witness import Witness


def case_text(result: MutationResult, witness: Witness) -> str:
    """Write the request that tells a mutant apart as an entry of `requests`, in YAML."""
    question = witness.question
    lines = [
        f"- name: {_scalar(_name(result))}",
        f"  principal: {_scalar(question.principal)}",
        f"  action: {_scalar(question.action)}",
        f"  resource: {_scalar(question.resource)}",
    ]
    if question.context:
        pairs = ", ".join(f"{_scalar(k)}: {_value(v)}" for k, v in question.context.items())
        lines.append(f"  context: {{{pairs}}}")
    if question.session.tags or question.session.name or question.session.source_identity:
        session = {
            "name": question.session.name,
            "tags": dict(question.session.tags) or None,
            "source_identity": question.session.source_identity,
        }
        given = {key: value for key, value in session.items() if value is not None}
        lines.append(f"  session: {json.dumps(given, ensure_ascii=False)}")
    if question.via.vpc_endpoint is not None:
        lines.append(f"  via: {{vpc_endpoint: {_scalar(question.via.vpc_endpoint)}}}")
    lines.append(f"  expect: {witness.before.value}")
    return "\n".join(lines) + "\n"


def suite_text(results: Iterable[MutationResult], worlds: Sequence[str], file: str) -> str:
    """Write a suite of all requests that would have told survivors apart, each once."""
    folder = os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH120 - as worlds name files
    paths = [os.path.relpath(path, folder).replace(os.sep, "/") for path in worlds]
    lines = ["title: Requests that tell changed policies from these\n"]
    if paths:
        lines.append(f"world: {json.dumps(paths[0] if len(paths) == 1 else paths)}\n")
    lines.append("requests:\n")
    seen: set[str] = set()
    for result in results:
        if result.witness is None:
            continue
        text = case_text(result, result.witness)
        asked = text.partition("\n")[2]
        if asked not in seen:
            seen.add(asked)
            lines.append(text)
    return "".join(lines)


def _name(result: MutationResult) -> str:
    """What the request guards against."""
    mutant = result.mutant
    place = os.path.basename(mutant.span.source.name)  # noqa: PTH119 - pathlib costs start-up time
    return f"notices at {place}:{mutant.span.line} that {mutant.text}"


def _value(value: ContextValue) -> str:
    if isinstance(value, str):
        return _scalar(value)
    return f"[{', '.join(_scalar(text) for text in value)}]"


def _scalar(text: str) -> str:
    """JSON strings are YAML as well, whatever they hold."""
    return json.dumps(text, ensure_ascii=False)
