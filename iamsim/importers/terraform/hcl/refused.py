"""What raises where an expression can't be evaluated."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is no error of ours: the value is not known
    """An expression that can't be evaluated; its text says why where something is known of that."""
