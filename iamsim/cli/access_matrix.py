"""`iamsim access-matrix`: principals by actions on chosen resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli import completion
from iamsim.cli.commands import NO_ARGUMENTS, Command
from iamsim.cli.options import Option
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asked_context,
    expand_actions,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Decide every cell, and write the matrix."""
    from iamsim.cli.ask import texts_of  # noqa: PLC0415 - `--help` needs no engine
    from iamsim.query.hints import hints_about  # noqa: PLC0415
    from iamsim.query.matrix import Column, find_matrix, pick_candidates  # noqa: PLC0415
    from iamsim.report import matrix as report  # noqa: PLC0415

    patterns = texts_of(options, "actions")
    if not patterns:
        raise RequestError(
            "missing-action",
            "the matrix has no actions",
            hint="give one with -a, such as `-a s3:GetObject`; wildcards are expanded",
        )
    resources = texts_of(options, "resources") or ("*",)
    columns = [Column(*pair) for pair in _pairs(patterns, resources)]
    progress_bar = ProgressBar("deciding", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        batch, model = open_batch(options)
        candidates = pick_candidates(batch, texts_of(options, "principals"))
        context = asked_context(options)
        matrix = find_matrix(batch, candidates, columns, context, progress, processes=processes)
    write_answer(
        options,
        lambda: report.matrix_document(matrix, model),
        lambda: report.matrix_data(matrix),
        lambda: report.matrix_requests(matrix),
        hints=hints_about(columns, context, model),
    )
    return 0


def _pairs(patterns: tuple[str, ...], resources: Sequence[str]) -> list[tuple[str, str]]:
    """Every action on every resource; those of a wildcard on the resources that they take.

    Raises `RequestError` where nothing is left.
    """
    from iamsim.questions.check import acts_on  # noqa: PLC0415 - `--help` needs no engine

    actions = expand_actions(patterns)
    named = expand_actions(tuple(one for one in patterns if not any(mark in one for mark in "*?")))
    found = [
        (action, resource)
        for resource in resources
        for action in actions
        if action in named or acts_on(action, resource)
    ]
    if not found:
        raise RequestError(
            "invalid-action",
            "no action that the wildcards stand for acts on one of the resources",
            hint="an action that is named in full is asked for in any case",
        )
    return found


COMMAND = Command(
    "access-matrix",
    "Show principals by actions on chosen resources: allowed, under a condition, or denied, and by"
    " what.\n\n"
    "Every pair of action and resource is a column; of the actions that a wildcard stands for,"
    " those that take the resource. Without `-p` all principals of the world are rows.",
    (
        Option(
            ("-p", "--principal"),
            "principals",
            "ARN of a principal, or a pattern with `*` and `?`; may be repeated.",
            "list",
            "PATTERN",
            completes=completion.principals,
        ),
        Option(
            ("-a", "--action"),
            "actions",
            "Action, or a pattern with `*` and `?`; may be repeated.",
            "list",
            "ACTION",
            completes=completion.actions,
        ),
        Option(
            ("-r", "--resource"),
            "resources",
            "ARN of a resource; may be repeated. Left out: actions without a resource.",
            "list",
            "RESOURCE",
            completes=completion.resources,
        ),
        *WORLD_OPTIONS,
        *output(*DOCUMENT_FORMATS, quiet="Only the requests that can be allowed."),
    ),
    _run,
    NO_ARGUMENTS,
)
