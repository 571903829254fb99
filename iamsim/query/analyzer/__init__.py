"""Findings as IAM Access Analyzer reports them, decided by the engine with every layer of a world.

`external` finds access from outside a zone of trust, `internal` who inside can reach chosen
resources, `unused` what nobody has used; `archive` reads rules for what is expected.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""
