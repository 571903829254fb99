"""Stand-ins for ids and times that are not known."""

from __future__ import annotations

import re

from iamsim.core.stand_in import (
    NO_TIME,
    is_organization_stand_in,
    is_stand_in,
    stand_in_id,
    stand_in_organization_id,
)

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


def test_a_stand_in_of_an_organization_is_known_as_none():
    """It has the prefix of its kind, is the same for the same thing, and no id of AWS is one."""
    made = stand_in_organization_id("o-", "harbor")
    assert re.fullmatch(r"o-[a-z0-9]{10,32}", made)
    assert made == stand_in_organization_id("o-", "harbor") != stand_in_organization_id("o-", "x")
    assert is_organization_stand_in(made)
    assert is_organization_stand_in(stand_in_organization_id("p-", "FullAccess"))
    assert not is_organization_stand_in("o-exampleorgid")
