"""Our data classes are those of `dataclasses`, but for when their methods are made."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import typing
from typing import Any, ClassVar

import pytest

from iamsim.core import data_class

KINDS: dict[str, Any] = {"ours": data_class, "standard": dataclasses}
HOW: tuple[dict[str, bool], ...] = (
    {},
    {"slots": True},
    {"frozen": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "weakref_slot": True},
    {"slots": True, "eq": False},
    {"frozen": True, "slots": True, "eq": False},
    {"slots": True, "kw_only": True},
)


def made(kind: str, how: dict[str, bool]) -> type[Any]:
    """Make a class with every sort of field that there is."""
    module = KINDS[kind]

    @module.dataclass(**how)
    class Sample:
        """A sample."""

        first: int
        second: str = "two"
        third: list[int] = module.field(default_factory=list, compare=False)
        fourth: object = module.field(default=None, repr=False)
        fifth: int = module.field(default=5, hash=False)
        sixth: int = module.field(default=6, init=False)
        seventh: list[int] = module.field(default_factory=list, init=False)
        shared: ClassVar[int] = 7

        def double(self) -> int:
            """Twice the first."""
            return 2 * self.first

    return Sample


def outcome(ask: Any) -> object:
    """What a question gives: a value, or the kind of its error."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - compared
        return type(error).__name__, str(error)


def facts_of(kind: str, how: dict[str, bool]) -> list[object]:
    """What people can see of a class and its objects."""
    kind_of = made(kind, how)
    one, same = kind_of(first=1), kind_of(first=1, third=[3])
    other = kind_of(first=2, second="b")
    hashes = how.get("eq", True)
    return [
        repr(one),
        one == same,
        one == other,
        one == 1,
        one.double(),
        outcome(lambda: hash(one) == hash(same)) if hashes else isinstance(hash(one), int),
        outcome(lambda: setattr(one, "first", 1)),
        outcome(lambda: delattr(other, "second")),
        outcome(lambda: repr(KINDS[kind].replace(one, second="c"))),
        outcome(kind_of),
        str(inspect.signature(kind_of)),
        [(part.name, part.type, part.compare) for part in dataclasses.fields(kind_of)],
        dataclasses.is_dataclass(one),
        kind_of.__match_args__,
        repr(dataclasses.replace(same, first=9)),
        kind_of.__doc__,
        kind_of.shared,
        repr(copy.copy(same)),
        kind_of.__hash__ is None,
        hasattr(one, "__dict__"),
    ]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_same_as_standard(how: dict[str, bool]) -> None:
    """Values, texts, comparison, hashes, copies and refusals are those of `dataclasses`."""
    assert facts_of("ours", how) == facts_of("standard", how)


@data_class.dataclass(frozen=True, slots=True)
class Base:
    """What others inherit."""

    name: str
    size: int = 1


@data_class.dataclass(frozen=True, slots=True)
class Grown(Base):
    """With a field more, and with what is worked out."""

    size: int = 2
    double: int = data_class.field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what follows."""
        object.__setattr__(self, "double", 2 * self.size)

    def __repr__(self) -> str:
        """Own methods stay."""
        return f"grown {self.name}"


def test_inherits() -> None:
    """A class takes the fields of its base, in their order, and keeps its own methods."""
    one = Grown("a", 4)
    assert (one.name, one.size, one.double, repr(one)) == ("a", 4, 8, "grown a")
    assert one != Base("a", 4)
    assert "name" not in Grown.__dict__["__slots__"]
    assert hash(one) == hash(Grown("a", 4))


def test_others_inherit() -> None:
    """A class of `dataclasses` may be made of one of ours."""

    @dataclasses.dataclass(frozen=True)
    class More(Base):
        """With a field more."""

        more: int = 3

    one = More("a")
    assert repr(one).endswith("More(name='a', size=1, more=3)")
    assert data_class.replace(one, more=4) == More("a", 1, 4)
    with pytest.raises(TypeError, match="non-frozen"):

        @dataclasses.dataclass
        class Loose(Base):  # type: ignore[misc]
            """Not frozen, of a frozen one."""


@pytest.mark.parametrize("kind", KINDS)
def test_keeps_own_methods(kind: str) -> None:
    """Comparison and hash that a class writes itself stay; a hash without comparison is made."""
    made_by: Any = KINDS[kind].dataclass

    @made_by(frozen=True, slots=True)
    class Both:
        """Writes both."""

        name: str

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 17

    @made_by(frozen=True, slots=True)
    class Half:  # noqa: PLW1641 - the hash is made
        """Writes how it compares."""

        name: str

        def __eq__(self, other: object) -> bool:
            return True

    both: Any = Both
    half: Any = Half
    assert both("a") == 3
    assert hash(both("a")) == 17
    assert half("a") == 3
    assert hash(half("a")) == hash(("a",))


def test_pickles() -> None:
    """Frozen classes with slots travel between processes."""
    assert pickle.loads(pickle.dumps(Base("a"))) == Base("a")  # noqa: S301 - our own bytes


def test_replaces_in_classes_of_others() -> None:
    """`replace` takes what `dataclasses` made, too."""
    theirs = made("standard", {})
    assert data_class.replace(theirs(1), first=3).first == 3


def test_shows_itself_once() -> None:
    """An object inside itself does not go on for ever."""

    @data_class.dataclass(slots=True)
    class Ring:
        """Holds itself."""

        inside: object = None

    ring = Ring()
    ring.inside = ring
    assert repr(ring).endswith("Ring(inside=...)")


def test_default_shows_as_made_later() -> None:
    """Signatures write a default that is made at each call as `dataclasses` does."""

    @data_class.dataclass
    class Held:
        """Held in one form: with brackets and without."""

        items: list[int] = data_class.field(default_factory=list)

    assert "<factory>" in str(inspect.signature(Held))


def test_named_tuple() -> None:
    """A tuple with names has what that of `typing` has."""

    class Ours(data_class.NamedTuple):
        """Ours."""

        first: int
        second: str = "b"

        def both(self) -> str:
            """Both."""
            return f"{self.first}{self.second}"

    class Standard(typing.NamedTuple):
        """Ours."""

        first: int
        second: str = "b"

    one = Ours(1)
    assert tuple(one) == tuple(Standard(1)) == (1, "b")
    assert one.both() == "1b"
    assert one._replace(second="c")._asdict() == {"first": 1, "second": "c"}
    assert Ours.__annotations__.keys() == Standard.__annotations__.keys()
    assert (Ours.__doc__, Ours.__bases__, Ours._fields) == ("Ours.", (tuple,), Standard._fields)
    assert Ours.__module__ == __name__
    assert str(inspect.signature(Ours)).replace("'", "") == "(first: int, second: str = b)"


def test_answers_start_without(tmp_path: typing.Any) -> None:
    """An answer on a JSON world imports neither `dataclasses` nor what that needs."""
    world = tmp_path / "world.json"
    world.write_text('{"accounts": {"111122223333": {"users": {"ann": {}}}}}', encoding="utf-8")
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom iamsim.cli.main import main\n"
        f"code = main(['explain', '--world', {str(world)!r}, '-p', 'ann', '-a', 's3:GetObject',"
        " '-r', 'arn:aws:s3:::b/x', '-q'])\n"
        "heavy = {'dataclasses', 'inspect', 'socket', 'lark', 'pydantic', 'networkx', 'yaml',"
        " 'typer', 'rich', 'importlib.metadata'}\n"
        "print(code, sorted(heavy & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"
