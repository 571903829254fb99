"""Answers, test runs and findings as one HTML file each: no network, no other files.

Each module makes the plain view of one report; the templates beside them hold all the markup.
"""

from __future__ import annotations
