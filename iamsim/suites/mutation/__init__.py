"""Mutation testing of policies: small changes that a good suite would notice."""

from iamsim.suites.mutation.mutants import Mutant, mutants_of
from iamsim.suites.mutation.run import MutationResult, Verdict, run_mutants

__all__ = ["Mutant", "MutationResult", "Verdict", "mutants_of", "run_mutants"]
