"""`iamsim who-can`: every principal of a world that can do something to a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.commands import Argument, Command
from iamsim.cli.options import Option
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
    expand_actions,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.questions.names import resource_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]


def _asked(options: Options, arguments: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The actions and the resource: by options, or as arguments with the resource last."""
    from iamsim.cli.ask import text_of, texts_of  # noqa: PLC0415 - as `open_batch`

    actions, resource = texts_of(options, "actions"), text_of(options, "resource")
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


def _run(options: Options, arguments: Sequence[str]) -> int:
    """Ask for all principals, and write who is left."""
    from iamsim.query.hints import hints_about  # noqa: PLC0415 - as above
    from iamsim.query.who_can import (  # noqa: PLC0415 - as `open_batch`
        find_blocked,
        find_who_can,
        unsearched_actions,
    )
    from iamsim.report import who_can as report  # noqa: PLC0415

    patterns, named = _asked(options, arguments)
    batch, model = open_batch(options)
    resource = resource_named(named, model)
    if ":" in resource and not resource.startswith("arn:") and resource.count(":") == 1:
        raise RequestError(
            "missing-resource",
            f"`{resource}` is an action, and the last argument is the resource",
            hint="give the ARN of a resource, or `*` for actions without one",
        )
    if resource != "*" and find_arn(resource) is None:
        raise RequestError(
            "invalid-arn",
            f"{quote(resource)} is no ARN, and the last argument is the resource",
            hint="give the ARN of a resource, or `*` for actions without one",
        )
    actions = expand_actions(tuple(patterns), resource)
    context = asked_context(options)
    progress_bar = ProgressBar("asking for every principal", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        found = find_who_can(
            batch,
            () if options["blocked"] else actions,
            resource,
            context,
            with_dependencies=bool(options["dependencies"]),
            via_roles=bool(options["via_roles"]),
            progress=progress,
            processes=processes,
        )
        if options["blocked"]:
            found.actions = actions
            found.unsearched = unsearched_actions(batch, actions)
            found.hints = hints_about([(one, resource) for one in actions], context, model)
            found.blocked = find_blocked(
                batch, actions, resource, context, progress, processes=processes
            )
    if wants_picture(options):
        from iamsim.draw.access import draw_who_can  # noqa: PLC0415 - text needs none

        write_drawn(draw_who_can(found, model), options)
        return 0
    write_answer(
        options,
        lambda: report.who_can_document(found, model),
        lambda: report.who_can_data(found),
        lambda: report.who_can_principals(found),
        hints=found.hints,
    )
    return 0


COMMAND = Command(
    "who-can",
    "List every principal that can do something to a resource.\n\n"
    "All users, roles, root users and Identity Center permission sets of all accounts are asked"
    " for, and the services, identity providers, other accounts and sessions that the policies of"
    " the resource name. What is not known of a request makes a condition, which is said.",
    (
        ACTION,
        RESOURCE,
        *WORLD_OPTIONS,
        Option(
            ("--with-dependencies",),
            "dependencies",
            "Count in the KMS key that encrypts the resource (`kms_key` in the world).",
            "flag",
        ),
        Option(
            ("--via-roles",),
            "via_roles",
            "Also who can become such a principal by assuming roles, with the chain.",
            "flag",
        ),
        Option(
            ("--not",),
            "blocked",
            "Instead: whom only guardrails keep from it, and which.",
            "flag",
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
