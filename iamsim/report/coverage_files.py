"""Policy coverage as files that build servers read: LCOV and Cobertura.

Lines are those where statements and clauses start; conditions are branches with two outcomes.
https://github.com/linux-test-project/lcov (geninfo(1): a branch of a line that was not reached is
`-`), https://cobertura.github.io/cobertura/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.report.ci_text import xml_attribute

if TYPE_CHECKING:
    from iamsim.suites.covered import PolicyCoverage

NEVER = "-"  # a branch of a line that was never reached, on which genhtml insists


class _Line(NamedTuple):
    """One line: how often what starts there was exercised at least, and its conditions."""

    hits: int
    branches: tuple[tuple[int, int], ...] = ()

    def joined(self, other: _Line) -> _Line:
        """Both on one line: what was exercised less counts."""
        return _Line(min(self.hits, other.hits), (*self.branches, *other.branches))


def coverage_to_lcov(policies: Sequence[PolicyCoverage]) -> str:
    """Write an LCOV tracefile."""
    records = []
    for file, lines in _files(policies).items():
        rows = ["TN:", f"SF:{file}"]
        outcomes = [
            (number, block, branch, taken if line.hits else NEVER)
            for number, line in lines.items()
            for block, pair in enumerate(line.branches)
            for branch, taken in enumerate(pair)
        ]
        rows += [f"BRDA:{','.join(map(str, outcome))}" for outcome in outcomes]
        taken = sum(outcome[3] not in (NEVER, 0) for outcome in outcomes)
        rows += [f"BRF:{len(outcomes)}", f"BRH:{taken}"]
        rows += [f"DA:{number},{line.hits}" for number, line in lines.items()]
        rows += [f"LF:{len(lines)}", f"LH:{sum(line.hits > 0 for line in lines.values())}"]
        records.append("\n".join([*rows, "end_of_record"]))
    return "".join(f"{record}\n" for record in records)


def coverage_to_cobertura(policies: Sequence[PolicyCoverage]) -> str:
    """Write a Cobertura report."""
    files = _files(policies)
    every = [line for lines in files.values() for line in lines.values()]
    head = (
        f'<coverage {_rates(every)} lines-covered="{sum(line.hits > 0 for line in every)}"'
        f' lines-valid="{len(every)}" branches-covered="{sum(map(_taken, every))}"'
        f' branches-valid="{sum(2 * len(line.branches) for line in every)}"'
        ' complexity="0" version="1" timestamp="0">'
    )
    classes = []
    for file, lines in files.items():
        name = xml_attribute(file)
        rows = [
            f'          <line number="{number}" hits="{line.hits}"{_conditions(line)}/>'
            for number, line in lines.items()
        ]
        start = f'        <class name={name} filename={name} complexity="0"'
        classes += [
            f"{start} {_rates(list(lines.values()))}>",
            "          <methods/>",
            "          <lines>",
            *(f"  {row}" for row in rows),
            "          </lines>",
            "        </class>",
        ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            head,
            "  <sources><source>.</source></sources>",
            "  <packages>",
            f'    <package name="policies" complexity="0" {_rates(every)}>',
            "      <classes>",
            *classes,
            "      </classes>",
            "    </package>",
            "  </packages>",
            "</coverage>",
            "",
        ]
    )


def _files(policies: Sequence[PolicyCoverage]) -> dict[str, dict[int, _Line]]:
    """Every file with its lines, in order."""
    files: dict[str, dict[int, _Line]] = {}
    for policy in policies:
        for file, number, line in _lines(policy):
            lines = files.setdefault(file, {})
            lines[number] = lines[number].joined(line) if number in lines else line
    return {file: dict(sorted(files[file].items())) for file in sorted(files)}


def _lines(policy: PolicyCoverage) -> Iterator[tuple[str, int, _Line]]:
    for statement in policy.statements:
        if statement.dead:
            continue
        file, start = statement.span.source.name, statement.span.line
        yield file, start, _Line(statement.matched)
        for clause in statement.clauses:
            pair = ((clause.held, clause.blocked),) if clause.is_condition else ()
            # What a condition never did is said by its branches; the line was reached.
            reached = clause.covered or clause.is_condition
            yield (
                file,
                clause.span.line,
                _Line(clause.held + clause.blocked if reached else 0, pair),
            )


def _taken(line: _Line) -> int:
    return sum(taken > 0 for pair in line.branches for taken in pair)


def _rates(lines: Sequence[_Line]) -> str:
    """The shares of lines and branches, as Cobertura writes them."""
    branches = sum(2 * len(line.branches) for line in lines)
    hit = sum(line.hits > 0 for line in lines) / len(lines) if lines else 1.0
    taken = sum(map(_taken, lines)) / branches if branches else 1.0
    return f'line-rate="{hit:.4f}" branch-rate="{taken:.4f}"'


def _conditions(line: _Line) -> str:
    if not line.branches:
        return ' branch="false"'
    taken, count = _taken(line), 2 * len(line.branches)
    share = f"{100 * taken // count}% ({taken}/{count})"
    return f' branch="true" condition-coverage="{share}"'
