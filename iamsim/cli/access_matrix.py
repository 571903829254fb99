"""`iamsim access-matrix`: principals by actions on chosen resources."""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asked_context,
    asking,
    open_world,
    output,
    processes_of,
    write_result,
)


def _run(options: Options, _arguments: Arguments) -> int:
    """Decide every cell, and write the matrix."""
    world = open_world(options, on_demand=True)
    progress_bar = ProgressBar("deciding", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        matrix = world.access_matrix(
            options.texts("actions"),
            options.texts("resources"),
            principals=options.texts("principals"),
            context=asked_context(options),
            progress=progress,
            processes=processes,
            **asking(options),
        )
    return write_result(options, matrix)


COMMAND = Command(
    "access-matrix",
    "Show principals by actions on chosen resources: allowed, under a condition, or denied, and by"
    " what.\n\n"
    "Every pair of action and resource is a column; of the actions that a wildcard stands for,"
    " those that take the resource. Without `-p` all principals of the world are rows.",
    (
        Option(
            ("-p", "--principal"),
            "ARN of a principal, or a pattern with `*` and `?`; may be repeated.",
            "list",
            "PATTERN",
            completes=completion.principals,
            kept_as="principals",
        ),
        Option(
            ("-a", "--action"),
            "Action, or a pattern with `*` and `?`; may be repeated.",
            "list",
            "ACTION",
            completes=completion.actions,
            kept_as="actions",
        ),
        Option(
            ("-r", "--resource"),
            "ARN of a resource; may be repeated. Left out: actions without a resource.",
            "list",
            "RESOURCE",
            completes=completion.resources,
            kept_as="resources",
        ),
        *WORLD_OPTIONS,
        *output(*DOCUMENT_FORMATS, quiet="Only the requests that can be allowed."),
    ),
    _run,
    NO_ARGUMENTS,
)
