"""For laws of which each example takes long: a part of the examples, in every profile."""

from __future__ import annotations

from hypothesis import settings

EXAMPLES = settings().max_examples

costly = settings(max_examples=max(1, EXAMPLES // 3))
very_costly = settings(max_examples=max(1, EXAMPLES // 8))
