"""The pytest plugin: suites are collected beside Python tests, and a fixture gives the world.

It is loaded wherever iamsim is installed, so it imports nothing before there is something to do.
Options in the project's pytest configuration: ``iamsim_world``, the path of the world, relative to
the configuration file.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from _pytest._code.code import ExceptionInfo, TracebackStyle

    from iamsim.api import World
    from iamsim.suites.cases import Case, Shelf
    from iamsim.suites.coverage import Coverage
    from iamsim.suites.covered import PolicyCoverage
    from iamsim.suites.run import CaseResult
    from iamsim.testing import Enforcement, MadeCall
    from iamsim.testing.fluent import Question

    Policies = tuple[PolicyCoverage, ...]

_SUFFIXES = (".iamtest.yaml", ".iamtest.yml", ".iamtest.json")
_SHELF: pytest.StashKey[Shelf] = pytest.StashKey()
_COVERAGE: pytest.StashKey[Coverage] = pytest.StashKey()
_COVERED: pytest.StashKey[Policies] = pytest.StashKey()
_PARTS: pytest.StashKey[list[Policies]] = pytest.StashKey()
_LOST: pytest.StashKey[int] = pytest.StashKey()
_MARKER = "iamsim"
_OUTPUT = "iamsim_coverage"  # where a process of pytest-xdist puts what it counted


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
    group.addoption(
        "--iamsim-allow-unknown-names",
        action="store_true",
        help="let suites speak of actions, resources, callers and keys that nobody knows",
    )
    group.addoption(
        "--iamsim-cov",
        action="store_true",
        help="show which statements and clauses of policies the suites exercised",
    )
    group.addoption(
        "--iamsim-cov-fail-under",
        metavar="PERCENT",
        type=float,
        help="fail when the suites cover less than this share",
    )
    parser.addini(
        "iamsim_world", "the world for suites that name none, and for the fixture `world`"
    )
    parser.addini("iamsim_principal", "who calls, for the fixture `iamsim_enforce`")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line(
        "markers",
        "iamsim(world, principal, context, session): calls of boto3 in the test are decided first",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the marker alone do what the fixture does."""
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        if item.get_closest_marker(_MARKER) is not None and "iamsim_enforce" not in names:
            names.append("iamsim_enforce")


def _wants_coverage(config: pytest.Config) -> bool:
    """Whether an option asks for coverage."""
    return (
        config.getoption("--iamsim-cov") or config.getoption("--iamsim-cov-fail-under") is not None
    )


def _coverage(config: pytest.Config) -> Coverage | None:
    """What collects coverage, where an option asks for it."""
    if not _wants_coverage(config):
        return None
    if _COVERAGE not in config.stash:
        from iamsim.suites.coverage import Coverage

        config.stash[_COVERAGE] = Coverage()
    return config.stash[_COVERAGE]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401 - pytest-xdist's own
    """Take what a process of pytest-xdist covered; count those that crashed."""
    config: pytest.Config = node.config
    if not _wants_coverage(config):
        return
    output: dict[str, Any] | None = getattr(node, "workeroutput", None)
    if error is not None or output is None:
        config.stash[_LOST] = config.stash.get(_LOST, 0) + 1
    elif _OUTPUT in output:
        import pickle

        covered: Policies = pickle.loads(output[_OUTPUT])  # noqa: S301 - written by our own process
        config.stash.setdefault(_PARTS, []).append(covered)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Sum coverage up, and fail a run that covers too little; a process of pytest-xdist hands what
    it counted to the first one."""
    config = session.config
    parts = config.stash.get(_PARTS, [])
    if _COVERAGE in config.stash:
        covered = config.stash[_COVERAGE].policies()
        output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        if output is not None:
            import pickle

            output[_OUTPUT] = pickle.dumps(covered)
            return
        parts = [*parts, covered]
    if not parts:
        return
    from iamsim.report.coverage import shortfall
    from iamsim.suites.covered import add_up

    covered = config.stash[_COVERED] = add_up(policy for part in parts for policy in part)
    limit = config.getoption("--iamsim-cov-fail-under")
    too_little = limit is not None and shortfall(covered, limit) is not None
    if too_little and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show coverage where it was asked for; say what was lost with a process that crashed."""
    lost = config.stash.get(_LOST, 0)
    if _COVERED in config.stash or lost:
        terminalreporter.section("coverage of policies")
    if lost:
        said = "a process crashed: what it" if lost == 1 else f"{lost} processes crashed: what they"
        terminalreporter.line(f"{said} covered is missing", red=True)
    if _COVERED not in config.stash:
        return
    from iamsim.report.coverage import coverage_document, shortfall
    from iamsim.report.paint import Paint
    from iamsim.report.writers.text import to_text

    covered = config.stash[_COVERED]
    terminalreporter.write(to_text(coverage_document(covered), Paint(), 100))
    limit = config.getoption("--iamsim-cov-fail-under")
    missing = None if limit is None else shortfall(covered, limit)
    if missing is not None:
        terminalreporter.line(missing, red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what the test before asked and called."""
    _last_asked().clear()
    _last_denied().clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say below a failing `assert can(...)` why the request is decided as it is, and below any
    failure which calls of boto3 were denied, and why; code may have caught the errors."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
        report.sections += [("permissions", str(question)) for question in _last_asked()]
    if report.failed:
        report.sections += [
            ("denied by iamsim", f"{made.service}:{made.operation}\n{made.explanation}")
            for made in _last_denied()
        ]
    return report


def _last_asked() -> list[Question]:
    """What a test asked last with `iamsim.testing.can`, where that is used."""
    module = sys.modules.get("iamsim.testing.fluent")
    return [] if module is None else module.last_asked


def _last_denied() -> list[MadeCall]:
    """The calls that `iamsim.testing.enforce` denied in a test, where that is used."""
    module = sys.modules.get("iamsim.testing.decided_calls")
    return [] if module is None else module.last_denied


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
        from iamsim.suites.cases import Shelf

        path = _world_path(config)
        config.stash[_SHELF] = Shelf(
            [path] if path else [],
            allow_unknown_names=config.getoption("--iamsim-allow-unknown-names"),
        )
    return config.stash[_SHELF]


class IamsimFile(pytest.File):
    """A suite."""

    def collect(self) -> Iterator[IamsimItem]:
        """Give its cases; raises `CollectError` for a file that can't be read."""
        from iamsim.core.errors import IamsimError
        from iamsim.suites.cases import cases_of

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
        from iamsim.suites.runner import run_case

        result = run_case(self.case, _shelf(self.config), _coverage(self.config))
        if not result.met:
            raise CaseFailed(result)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | Any:  # noqa: ANN401 - as pytest declares it
        """Say what was expected, what came, and which line of policy decided."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        from iamsim.report.text import render_text, render_verdict

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
    import iamsim
    from iamsim.testing import use_world

    with use_world(iamsim.load(path)) as loaded:
        yield loaded


@pytest.fixture
def iamsim_enforce(request: pytest.FixtureRequest) -> Iterator[Enforcement]:
    """Decide the calls of boto3 that a test makes, before they are made.

    Who calls says the marker (``@pytest.mark.iamsim(principal=..., world=...)``) or the
    configuration (`iamsim_principal`); the world is that of the marker (a path, relative to the
    configuration file, or a `World`), or the one that the fixture `world` gives.
    """
    import iamsim
    from iamsim.testing import enforce

    marker = request.node.get_closest_marker(_MARKER)
    given: dict[str, Any] = {} if marker is None else dict(marker.kwargs)
    principal = given.pop("principal", None) or request.config.getini("iamsim_principal")
    if not principal:
        pytest.fail(
            "nobody calls: write `@pytest.mark.iamsim(principal=ARN)`, or set `iamsim_principal` in"
            " the pytest configuration",
            pytrace=False,
        )
    place = given.pop("world", None)
    if place is None:
        used: World = request.getfixturevalue("world")
    elif isinstance(place, iamsim.World):
        used = place
    else:
        config = request.config
        base = config.inipath.parent if config.inipath is not None else config.rootpath
        used = iamsim.load(base / place)
    with enforce(used, principal=principal, **given) as calls:
        yield calls
