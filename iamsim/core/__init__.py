"""The ground floor: ARNs, positions, wildcards, requests, decisions, errors. Imports nothing of iamsim."""
