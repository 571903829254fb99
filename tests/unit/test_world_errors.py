"""What a faulty world file says: a folder of `tests/golden/world/` without a command is a case."""

import pickle
from pathlib import Path

import pytest

from iamsim.core.errors import WorldError
from iamsim.world.load import WorldProblemsError, load_world, refuse_lost

FOLDER = Path(__file__).parent.parent / "golden" / "world"
CASES = sorted(path.name for path in FOLDER.iterdir() if not (path / "cmd").exists())


def files_of(case):
    """Give the world files of a case by name; policy files stand in a folder below."""
    return sorted(path.name for path in (FOLDER / case).iterdir() if path.suffix in FORMATS)


FORMATS = (".yaml", ".json")


@pytest.mark.parametrize("case", CASES)
def test_error_text_is_that_of_the_golden_file(case, golden, monkeypatch):
    """A faulty world raises one error that names file, line and column, as `err.txt` has it."""
    monkeypatch.chdir(FOLDER / case)
    with pytest.raises(WorldError) as caught:
        refuse_lost(load_world(*files_of(case)))
    golden(FOLDER / case / "err.txt", f"{caught.value}\n")


@pytest.mark.parametrize("case", CASES)
def test_every_problem_has_a_place_and_reads_as_a_message(case, monkeypatch):
    """Each problem has a code in kebab case, a place, and a message of one line without a stop."""
    monkeypatch.chdir(FOLDER / case)
    world = load_world(*files_of(case), strict=False)
    problems = [*world.problems, *world.lost]
    assert problems
    for problem in problems:
        assert problem.code.replace("-", "").isalnum()
        assert problem.code == problem.code.lower()
        assert problem.span is not None
        assert problem.span.source.name in {*files_of(case), *policy_files(case)}
        assert "\n" not in problem.message
        assert not problem.message.endswith(".")
        assert problem.message[0] == problem.message[0].lower()


def policy_files(case):
    """Give the policy files of a case, as a world file names them."""
    folder = FOLDER / case
    return [path.relative_to(folder).as_posix() for path in folder.glob("policies/*")]


def test_several_problems_survive_pickling(monkeypatch):
    """Worker processes hand back an error of several problems whole."""
    monkeypatch.chdir(FOLDER / "more-than-twenty-problems")
    with pytest.raises(WorldProblemsError) as caught:
        load_world("world.yaml")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert len(copy.problems) == 25
    assert str(copy) == str(caught.value)
    assert str(copy).endswith("\nand 5 more problems")
    assert (copy.code, copy.message) == (copy.problems[0].code, copy.problems[0].message)
