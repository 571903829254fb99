"""Several calls as one: their questions, each once."""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.calls.model import ALWAYS, Reading


def merged(readings: Iterable[Reading]) -> Reading:
    """Join what calls ask; a question that one asks always is asked always."""
    found = Reading()
    reasons = []
    for reading in readings:
        found.service = found.service or reading.service
        found.operation = found.operation or reading.operation
        if reading.skipped is not None:
            reasons.append(reading.skipped)
        found.notes += [note for note in reading.notes if note not in found.notes]
        for requested in reading.asked:
            same = next(
                (
                    other
                    for other in found.asked
                    if (other.action, other.resource, other.via, other.context)
                    == (requested.action, requested.resource, requested.via, requested.context)
                ),
                None,
            )
            if same is None:
                found.asked.append(requested)
            elif requested.needed == ALWAYS:
                same.needed = ALWAYS
    if reasons and not found.asked:
        found.skipped = "; ".join(dict.fromkeys(reasons))
    else:
        found.notes += reasons
    return found
