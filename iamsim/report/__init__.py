"""Answers as something to read: text, Markdown, JSON.

Nothing here decides anything, and nothing here prints: every function returns text or plain data.
"""

from __future__ import annotations

from iamsim.report.data import answer_to_dict, answers_to_dict
from iamsim.report.message import denied_message
from iamsim.report.summary import summary
from iamsim.report.text import render_answers, render_text

__all__ = [
    "answer_to_dict",
    "answers_to_dict",
    "denied_message",
    "render_answers",
    "render_text",
    "summary",
]
