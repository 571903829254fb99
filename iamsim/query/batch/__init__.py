"""Many requests of one world at once, each decided as the engine decides it alone.

The interface that other queries build on::

    batch = Batch(CompiledWorld.checked(model))  # partial=False: absent instead of unknown
    batch.decide(principal, action, resource)  # one request: a BatchAnswer
    batch.decide_actions(principal, resource)  # {action: BatchAnswer}, the whole catalog
    batch.decide_actions(principal, resource, actions=[...], context={...})
    batch.action_classes(principal, resource, mask)  # the same as masks: [ActionClass]
    batch.who(action, resource)  # [Holder]: who can, over all accounts
    batch.who(action, resource, candidates, context, denied=True)
    batch.may(principal)  # a mask: what own policies could allow at all
    batch.candidates  # every principal of the world
    batch.universe  # actions <-> bits: mask_of, numbers, actions

A `BatchAnswer` has `decision` (verdict, layer, the statements that decided), `verdict`, `possible`
(allowed or conditional) and `residual` (see `iamsim.symbolic.residual`; its `sentence` says it).
A law in the tests holds every answer against the plain engine's. Questions about a whole world can
be spread over several processes: see `iamsim.query.batch.processes`.
"""

from __future__ import annotations

from iamsim.query.batch.answers import BatchAnswer
from iamsim.query.batch.batch import Batch, Holder
from iamsim.query.batch.classes import ActionClass
from iamsim.symbolic.actions import ActionUniverse, catalog_actions
from iamsim.universe.candidates import Candidate, CandidateKind, find_candidate

__all__ = [
    "ActionClass",
    "ActionUniverse",
    "Batch",
    "BatchAnswer",
    "Candidate",
    "CandidateKind",
    "Holder",
    "catalog_actions",
    "find_candidate",
]
