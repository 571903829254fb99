"""`iamsim explain --live`: a question about a live account, which is collected first.

What is collected stands in a folder of the system's for temporary files, which only its owner may
read, and is gone when the answer is written. Credentials of other users are not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from iamsim.cli import standard_error
from iamsim.cli.grammar import Options
from iamsim.collect.account import Wanted
from iamsim.collect.reader import HOME
from iamsim.collect.run import collect, open_session
from iamsim.core.arn import find_arn

if TYPE_CHECKING:
    from typing import Any


ME = "me"
# What names a caller of its own.
NAMING = ("denied", "event")


def explain_live(
    options: Options, files: Sequence[str], explain: Callable[[Options, Sequence[str]], int]
) -> int:
    """Collect the account of the caller and what it may read of its organization, and explain the
    question in that world; `me` stands for the caller, and so does no principal at all."""
    session = open_session(options.text("profile"))
    regions = _regions(options, session)

    def say(text: str) -> None:
        if not options["quiet"]:
            standard_error.say(f"note: {text}")

    with TemporaryDirectory(prefix="iamsim-live-") as folder:
        wanted = Wanted(regions, _services(options), for_audit=False)
        collected = collect(session, Path(folder), wanted, None, say, organization=True)
        number = len(collected.refused)
        say(
            f"collected {collected.account} for {collected.caller}, resources of"
            f" {', '.join(regions)}"
            + (f"; {number} calls were refused, and are unknown" if number else "")
        )
        asked = Options(
            {
                **options,
                "live": False,
                "profile": None,
                "worlds": (*options.texts("worlds"), folder),
            }
        )
        principal = options.text("principal")
        if principal == ME or (
            principal is None and not files and not any(options[field] for field in NAMING)
        ):
            asked["principal"] = collected.caller
        return explain(asked, files)


def _services(options: Options) -> tuple[str, ...]:
    """The services that the question is about; none where what it asks is not told by options."""
    arns = map(find_arn, options.texts("resources"))
    named = [arn.service for arn in arns if arn is not None]
    named += [action.partition(":")[0].lower() for action in options.texts("actions")]
    return tuple(dict.fromkeys(named)) if options.texts("actions") else ()


def _regions(options: Options, session: Any) -> tuple[str, ...]:  # noqa: ANN401 - boto3 has no types
    """The Region that is given and those of the resources; without any, that of the session."""
    regions = [options.text("region")]
    for resource in options.texts("resources"):
        arn = find_arn(resource)
        regions.append(None if arn is None else arn.region)
    named = dict.fromkeys(region for region in regions if region and "*" not in region)
    return tuple(named) or (session.region_name or HOME,)
