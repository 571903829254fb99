"""For laws of which each example takes long: a third of the examples, in every profile."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["costly"]

costly = settings(max_examples=max(1, settings().max_examples // 3))
