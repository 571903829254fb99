"""Lessons: scenarios that teach. One reads, predicts the decision, and sees it explained.

A lesson is a scenario file with a block `lesson` (docs/how-to/teach-with-lessons.md).
"""
