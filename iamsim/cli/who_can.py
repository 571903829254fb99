"""`iamsim who-can`: every principal of a world that can do something to a resource."""

from __future__ import annotations

from iamsim.cli import completion
from iamsim.cli.grammar import Argument, Arguments, Command, Option, Options
from iamsim.cli.picture_options import (
    PICTURE_FORMATS,
    THEME_OPTION,
    wants_picture,
    write_drawn,
)
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    ACTION,
    DOCUMENT_FORMATS,
    RESOURCE,
    WORLD_OPTIONS,
    asked_context,
    asking,
    open_world,
    output,
    processes_of,
    write_result,
)
from iamsim.core.errors import RequestError


def _asked(options: Options, arguments: Arguments) -> tuple[tuple[str, ...], str]:
    """The actions and the resource: by options, or as arguments with the resource last."""
    actions, resource = options.texts("actions"), options.text("resource")
    patterns = list(arguments)
    if resource is None and patterns:
        resource = patterns.pop()
    if not actions and not patterns:
        raise RequestError(
            "missing-action",
            "it is not said what somebody would do",
            hint="give an action with -a, such as `-a s3:GetObject`, and the resource with -r",
        )
    return (*actions, *patterns), resource or "*"


def _run(options: Options, arguments: Arguments) -> int:
    """Ask for all principals, and write who is left."""
    actions, resource = _asked(options, arguments)
    world = open_world(options, on_demand=True)
    progress_bar = ProgressBar("asking for every principal", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        who_can = world.who_can(
            actions,
            resource,
            context=asked_context(options),
            with_dependencies=bool(options["dependencies"]),
            via_roles=bool(options["via_roles"]),
            blocked=bool(options["blocked"]),
            principals=options.texts("principals"),
            progress=progress,
            processes=processes,
            **asking(options),
        )
    if wants_picture(options):
        from iamsim.draw.access import draw_who_can

        write_drawn(draw_who_can(who_can.found, world.model), options)
        return 0
    return write_result(options, who_can)


COMMAND = Command(
    "who-can",
    "List every principal that can do something to a resource.\n\n"
    "All users, roles, root users and Identity Center permission sets of all accounts are asked"
    " for, and the services, identity providers, other accounts and sessions that the policies of"
    " the resource name. What is not known of a request makes a condition, which is said.",
    (
        ACTION,
        RESOURCE,
        Option(
            ("-p", "--principal"),
            "Only principals like this ARN or name (`*` and `?` are wildcards).",
            "list",
            "PATTERN",
            completes=completion.principals,
            kept_as="principals",
        ),
        *WORLD_OPTIONS,
        Option(
            ("--with-dependencies",),
            "Count in the KMS key that encrypts the resource (`kms_key` in the world).",
            "flag",
            kept_as="dependencies",
        ),
        Option(
            ("--via-roles",),
            "Also who can become such a principal by assuming roles, with the chain.",
            "flag",
        ),
        Option(
            ("--not",),
            "Instead: whom only guardrails keep from it, and which.",
            "flag",
            kept_as="blocked",
        ),
        *output(*DOCUMENT_FORMATS, *PICTURE_FORMATS, quiet="Only the principals."),
        THEME_OPTION,
    ),
    _run,
    Argument(
        "ACTION... RESOURCE",
        "The same without -a and -r: actions, and the resource last.",
    ),
)
