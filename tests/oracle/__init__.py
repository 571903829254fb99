"""The slow oracle: a second, naive reading of AWS's rules that shares no code with iamsim."""

from tests.oracle.document import InvalidPolicy
from tests.oracle.verdict import decide

__all__ = ["InvalidPolicy", "decide"]
