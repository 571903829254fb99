"""Answers written as AWS's policy simulator writes them: JSON, as the AWS CLI prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.report.aws import aws_response
from iamsim.report.aws_sources import PolicySources
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim.cli.simulate_paging import Page
    from iamsim.core.answer import Answer
    from iamsim.world.model import World


def aws_text(
    answers: Sequence[Answer],
    world: World | None,
    source_arn: str | None,
    page: Page | None = None,
) -> str:
    """Write the response, or a page of it; policies attached to `source_arn` in the world keep
    their names."""
    first, most = (0, None) if page is None else page
    response = aws_response(answers, PolicySources(world, source_arn), first=first, most=most)
    return to_json(response, 4)
