"""`iamsim world trust`: who may assume which role, in words or as a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.commands import Argument, Command
from iamsim.cli.picture_options import PICTURE_FORMATS, THEME_OPTION, write_drawn
from iamsim.cli.progress import ProgressBar
from iamsim.cli.world_options import (
    DOCUMENT_FORMATS,
    WORLD_OPTIONS,
    open_batch,
    output,
    processes_of,
    write_answer,
)
from iamsim.core.errors import RequestError
from iamsim.core.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.world.model import World

__all__ = ["TRUST"]


def _trust(options: Options, names: Sequence[str]) -> int:
    """Ask the engine who can assume each role."""
    from iamsim.query.role_chains import Callers
    from iamsim.report import trust as report

    batch, model = open_batch(options)
    roles = [_find(name, model) for name in names] if names else _all_roles(model)
    progress_bar = ProgressBar("roles", quiet=bool(options["quiet"]))
    with processes_of(options) as processes, progress_bar as progress:
        if options["format"] in PICTURE_FORMATS:
            from iamsim.draw.access import draw_trust

            write_drawn(draw_trust(batch, roles, progress=progress), options)
            return 0
        callers = processes.spread(batch, Callers, None, roles, progress)
        trusted_roles = [
            report.TrustedRole(role, tuple(some)) for role, some in zip(roles, callers, strict=True)
        ]
    return write_answer(
        options,
        lambda: report.trust_document(trusted_roles),
        lambda: report.trust_data(trusted_roles),
        lambda: [f"{role.arn} {len(role.callers)}" for role in trusted_roles],
    )


def _all_roles(model: World) -> list[str]:
    """The roles of all accounts but service-linked ones, by ARN."""
    return sorted(
        role.arn
        for account in model.accounts.values()
        for role in account.roles.values()
        if not role.service_linked
    )


def _find(name: str, model: World) -> str:
    """Find a role by its ARN, or by a name that only one account has."""
    roles = [role for account in model.accounts.values() for role in account.roles.values()]
    found = [role.arn for role in roles if name in (role.arn, role.name)]
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"say which by its ARN: {', '.join(sorted(found))}"
        raise RequestError("unknown-role", f"several roles are called `{name}`", hint=hint)
    known = [text for role in roles for text in (role.arn, role.name)]
    hint = did_you_mean(name, known) or "`iamsim world show` lists the roles"
    raise RequestError("unknown-role", f"the world has no role `{name}`", hint=hint)


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
