"""What a principal can do: its effective permissions, and one policy that says the same."""

from __future__ import annotations

from iamsim.query.what_can.effective import Effective, find_effective
from iamsim.query.what_can.policy import EffectivePolicy, write_policy

__all__ = ["Effective", "EffectivePolicy", "find_effective", "write_policy"]
