"""`iamsim paths`: who can become whom, and how."""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.accept_unknown import (
    ACCEPT_UNKNOWN,
    STRICT,
    code_with_unknowns,
    refuse_unknown,
)
from iamsim.cli.grammar import NO_ARGUMENTS, Arguments, Command, Option, Options
from iamsim.cli.picture_options import (
    PICTURE_FORMATS,
    THEME_OPTION,
    wants_picture,
    write_drawn,
)
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    asking,
    open_world,
    output,
    processes_of,
    write_result,
)

ADMINISTRATOR = "administrator"
OPTIONS = tuple(world_option for world_option in WORLD_OPTIONS if world_option.field != "context")


def _run(options: Options, _arguments: Arguments) -> int:
    """Search for all ways, and write the chains to what was asked for."""
    progress_bar = ProgressBar("searching for ways", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        world = open_world(options)
        refuse_unknown(options, world.compiled)
        paths = world.paths(
            options.texts("sources"),
            to=options.text("resource") or options.text("to") or ADMINISTRATOR,
            actions=options.texts("actions"),
            region=options.text("region"),
            blocked=bool(options["blocked"]),
            progress=progress,
            processes=processes,
            **asking(options),
        )
    if wants_picture(options):
        from iamsim.draw.access import draw_paths

        answer = paths.answer
        picture = draw_paths(answer.found, answer.chains, world.model, goal=answer.goal)
        write_drawn(picture, options)
    else:
        write_result(options, paths)
    gate = bool(options["fail"] or options["fail_on"])
    if not (gate or options["accept_unknown"]):
        return 0
    return code_with_unknowns(
        options,
        paths.unknowns,
        int(gate and bool(paths.chains)),
        paths.unsearched,
        unverified=world.model.unverified,
    )


COMMAND = Command(
    "paths",
    "Find who can become whom: by assuming roles, passing them, credentials, policies.\n\n"
    "Every known way to more permissions is tried for every principal; each of its steps is"
    " decided by all policies of the world. Shown is the shortest chain of everybody who can get"
    " there and is not there already.",
    (
        *OPTIONS,
        Option(
            ("-p", "--principal"),
            "Only chains of this principal; may be repeated.",
            "list",
            "PRINCIPAL",
            completes=completion.principals,
            kept_as="sources",
        ),
        Option(
            ("--to",),
            "The goal: `administrator`, a principal, or a resource with `--action`.",
            metavar="GOAL",
            default=ADMINISTRATOR,
        ),
        Option(
            ("-r", "--resource"),
            "The same as `--to` for a resource.",
            metavar="RESOURCE",
            completes=completion.resources,
        ),
        Option(
            ("-a", "--action"),
            "What to do with the resource; several: all of them.",
            "list",
            "ACTION",
            kept_as="actions",
        ),
        Option(("--blocked",), "Also what keeps somebody from going a way.", "flag"),
        Option(
            ("--region",),
            "The Region of what a way makes; by default us-east-1.",
            metavar="REGION",
        ),
        Option(
            ("--fail-on",),
            "Exit with 1 when there is a path.",
            metavar="WHEN",
            choices=("any",),
        ),
        Option(("--fail",), "The same as `--fail-on any`.", "flag", hidden=True),
        ACCEPT_UNKNOWN,
        STRICT,
        *output(*DOCUMENT_FORMATS, *PICTURE_FORMATS, quiet="Only the principals."),
        THEME_OPTION,
    ),
    _run,
    NO_ARGUMENTS,
)
