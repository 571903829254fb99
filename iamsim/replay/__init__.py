"""Trails replayed: what the calls of CloudTrail's log files were allowed, and would be after a
change."""
