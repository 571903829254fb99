"""From a policy as read to matchers: trees of small frozen objects that are read in several ways.

Leaves (`ActionPattern`, `ResourcePattern`, `PrincipalPattern`, `ConditionTest`) are data first,
with a private test. `matches` is the fast reading, `explain` the full one, `residual` the one with
unknown context keys; all three ask the same leaves.
"""
