"""Every `TYPE/CASE.json` is a policy with one fault; `TYPE/CASE.txt` is what people read about it.

`TYPE` is how the policy is used, or `any` where that does not matter.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from iamsim.core.caret import render_error
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.syntax.read import parse_policy

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(HERE).as_posix())
def test_a_broken_policy_is_refused_in_the_words_of_its_golden_file(case, golden):
    """Place, message, marked line and hint of each error are as somebody once found them good."""
    used_as = case.parent.name
    policy_type = None if used_as == "any" else PolicyType(used_as)
    with pytest.raises(PolicyError) as caught:
        parse_policy(case.read_bytes(), file=case.name, policy_type=policy_type)
    golden(case.with_suffix(".txt"), f"[{caught.value.code}]\n{render_error(caught.value)}\n")


def test_there_are_cases():
    """The glob above finds the cases, so that the test can't pass by running nothing."""
    assert len(CASES) > 50
