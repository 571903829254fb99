"""The ground floor: ARNs, positions, wildcards, requests, decisions, errors.

It imports nothing of the other rooms.
"""
