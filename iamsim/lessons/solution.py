"""Model solutions of exercises, and the mistakes that people make, each with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError
from iamsim.lessons.course import solution_file
from iamsim.lessons.pages import policy_json
from iamsim.world.documents import read_document

if TYPE_CHECKING:
    from iamsim.lessons.exercise import Exercise


class Mistake(NamedTuple):
    """Files that do not reach the goal: what is wrong, and words that the grade has about it."""

    mistake: str
    says: str
    files: Mapping[str, str]


class Solution(NamedTuple):
    """The files that reach the goal, and some that do not."""

    files: Mapping[str, str]
    mistakes: tuple[Mistake, ...]


def find_solution(exercise: Exercise) -> Solution:
    """Read the solution of an exercise of the course; raises `RequestError` for another's."""
    file = solution_file(exercise)
    if file is None:
        raise RequestError("no-solution", f"no solution of `{exercise.name}` comes with iamsim")
    data = read_document(file).data
    if not isinstance(data, dict):  # written for this program
        raise TypeError(file)
    return Solution(
        _files(data["solution"]),
        tuple(
            Mistake(entry["mistake"], entry["says"], _files(entry["policies"]))
            for entry in data["wrong"]
        ),
    )


def _files(policies: Mapping[str, object]) -> dict[str, str]:
    return {f"{name}.json": policy_json(policy) + "\n" for name, policy in policies.items()}
