"""Who can become whom: known ways to more permissions, each step of them decided by the engine.

`iamsim.query.escalation.find.find_escalations` gives an `Escalations`: a graph of principals with
the ways between them, out of which `iamsim.query.escalation.routes` reads the shortest chains. What
the ways are is data: one file a way in `corpus/escalation/paths/`.
"""
