"""The pytest plugin: suites are collected beside Python tests, and a fixture gives the world.

It is loaded wherever iamsim is installed, so it imports nothing before there is something to do.
Options in the project's pytest configuration: ``iamsim_world``, the path of the world, relative to
the configuration file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path

    from _pytest._code.code import ExceptionInfo, TracebackStyle

    from iamsim.api import World
    from iamsim.suites.cases import Case, Shelf
    from iamsim.suites.run import CaseResult

__all__ = ["IamsimFile", "IamsimItem", "world"]

_SUFFIXES = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")
_SHELF: pytest.StashKey[Shelf] = pytest.StashKey()


class CaseFailed(Exception):  # noqa: N818 - what pytest shows as the outcome of a case
    """A case did not come out as expected."""

    def __init__(self, result: CaseResult) -> None:
        """Keep what came out."""
        super().__init__("; ".join(result.failures))
        self.result = result


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and its place in the configuration."""
    group = parser.getgroup("iamsim", "permissions of AWS")
    group.addoption("--iamsim-world", metavar="PATH", help="the world for suites and fixture")
    parser.addini(
        "iamsim_world", "the world for suites that name none, and for the fixture `world`"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> IamsimFile | None:
    """Take the files that are suites."""
    if file_path.name.endswith(_SUFFIXES):
        return IamsimFile.from_parent(parent, path=file_path)
    return None


def _world_path(config: pytest.Config) -> str | None:
    given = config.getoption("--iamsim-world")
    if given:
        return str(config.invocation_params.dir / given)
    configured = config.getini("iamsim_world")
    if not configured:
        return None
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    return str(base / configured)


def _shelf(config: pytest.Config) -> Shelf:
    """The worlds of this run."""
    if _SHELF not in config.stash:
        from iamsim.suites.cases import Shelf  # noqa: PLC0415 - only when there is a suite

        path = _world_path(config)
        config.stash[_SHELF] = Shelf([path] if path else [])
    return config.stash[_SHELF]


class IamsimFile(pytest.File):
    """A suite."""

    def collect(self) -> Iterator[IamsimItem]:
        """Give its cases; raises `CollectError` for a file that can't be read."""
        from iamsim.core.errors import IamsimError  # noqa: PLC0415 - only when there is a suite
        from iamsim.suites.cases import cases_of  # noqa: PLC0415 - as above

        try:
            cases = cases_of(str(self.path), _shelf(self.config))
        except IamsimError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            name = case.id.removeprefix(f"{self.path}::")
            yield IamsimItem.from_parent(self, name=name, case=case)


class IamsimItem(pytest.Item):
    """One case of a suite."""

    def __init__(self, *, case: Case, **rest: Any) -> None:  # noqa: ANN401 - as pytest passes it
        """Keep the case; its tags are words for `-k`."""
        super().__init__(**rest)
        self.case = case
        self.extra_keyword_matches.update(case.request.tags)

    def runtest(self) -> None:
        """Run the case; raises `CaseFailed` when it does not come out as expected."""
        from iamsim.suites.runner import run_case  # noqa: PLC0415 - only when there is a suite

        result = run_case(self.case, _shelf(self.config))
        if not result.met:
            raise CaseFailed(result)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | Any:  # noqa: ANN401 - as pytest declares it
        """Say what was expected, what came, and which line of policy decided."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        from iamsim.report.text import render_text, render_verdict  # noqa: PLC0415 - failures only

        result = excinfo.value.result
        verbose = self.config.get_verbosity() > 0
        texts = [
            render_text(answer, verbose=True) if verbose else render_verdict(answer)
            for answer in result.answers
        ]
        place = f"{self.case.file}:{self.case.line}"
        return "\n".join([place, *result.failures, "", *texts])

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Give file, line and name."""
        return self.path, self.case.line - 1, self.name


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The world that the configuration (`iamsim_world`) or `--iamsim-world` names.

    While it is in use, `iamsim.testing` asks it where no other world is named.
    """
    path = _world_path(request.config)
    if path is None:
        pytest.fail(
            "no world is configured: set `iamsim_world = PATH` in the pytest configuration, or give"
            " --iamsim-world PATH",
            pytrace=False,
        )
    import iamsim  # noqa: PLC0415 - only when a test asks for a world
    from iamsim.testing import use_world  # noqa: PLC0415 - as above

    with use_world(iamsim.load(path)) as loaded:
        yield loaded
