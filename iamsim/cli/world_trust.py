"""`iamsim world trust`: who may assume which role, in words or as a graph."""

from __future__ import annotations

from iamsim.cli.grammar import Argument, Arguments, Command, Options
from iamsim.cli.picture_options import PICTURE_FORMATS, THEME_OPTION, write_drawn
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


def _trust(options: Options, names: Arguments) -> int:
    """Ask the engine who can assume each role."""
    world = open_world(options)
    progress_bar = ProgressBar("roles", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        trust = world.trust(*names, progress=progress, processes=processes, **asking(options))
    if options["format"] in PICTURE_FORMATS:
        from iamsim.draw.access import draw_trust

        write_drawn(draw_trust(trust.roles, world.model), options)
        return 0
    return write_result(options, trust)


TRUST = Command(
    "trust",
    "Show who may assume which role: by its trust policy, the caller's own policies, and all that"
    " limits them.",
    (
        *WORLD_OPTIONS,
        THEME_OPTION,
        *output(*DOCUMENT_FORMATS, *PICTURE_FORMATS, quiet="Only ARNs and how many can."),
    ),
    _trust,
    Argument("ROLE", "Roles by ARN or name; by default all but service-linked ones."),
)
