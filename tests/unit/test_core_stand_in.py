"""Stand-ins for ids and times that are not known."""

from __future__ import annotations

import re

from iamsim.core.stand_in import NO_TIME, is_stand_in, stand_in_id

ARN = "arn:aws:iam::111122223333:user/kim"


def test_a_stand_in_has_the_form_of_an_id_and_is_known_as_none():
    """Equal for equal ARNs, another for others; AWS's own ids are no stand-ins."""
    made = stand_in_id("AIDA", ARN)
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", made)
    assert made == stand_in_id("AIDA", ARN) != stand_in_id("AIDA", f"{ARN}a")
    assert is_stand_in(made)
    assert is_stand_in(NO_TIME)
    assert not is_stand_in("AIDAIOSFODNN7EXAMPLEQ")
    assert not is_stand_in("2026-12-01T00:00:00Z")
