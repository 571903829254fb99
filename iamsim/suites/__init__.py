"""Scenario files: read, asked of the engine, and compared with what they expect.

`iamsim.suites.policies` reads single policies and needs no pydantic; the rest does.
"""
