"""Records in Parquet: the same answers as from log files, whatever form the columns have."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks import trail
from iamsim.cli.main import main
from iamsim.replay.alike import Alike
from iamsim.replay.logs import log_files, records_of
from iamsim.replay.workers import count_logs
from tests.unit.test_replay import folder as folder  # noqa: PLC0414 - a fixture
from tests.unit.test_replay import records

TEXTS = ("requestParameters", "responseElements", "additionalEventData", "resources", "tlsDetails")


def in_columns(record):
    """A record as Athena's tables hold it: lower case, structures that vary as JSON."""
    row = {name: json.dumps(value) if name in TEXTS else value for name, value in record.items()}
    return {name.lower(): value for name, value in row.items()}


def in_one_column(record):
    """A record as an export of an event data store holds it."""
    return {"eventjson": json.dumps(record)}


def in_structures(record):
    """Identities as structures, times as times."""
    row = {name: json.dumps(value) if name in TEXTS else value for name, value in record.items()}
    time = datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return row | {"eventTime": time}


def write(path, rows):
    """Write rows, of which some lack columns."""
    names = sorted({name for row in rows for name in row})
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    parquet.write_table(table, path, row_group_size=50)


@pytest.mark.parametrize("form", [in_columns, in_one_column, in_structures])
def test_parquet_and_log_files_count_alike(folder, tmp_path, form):
    """Groups, what AWS answered and what was passed over are the same."""
    write(tmp_path / "trail.parquet", [form(record) for record in records(400)])
    alike = Alike([])
    expected = count_logs(log_files([str(folder / "AWSLogs")]), alike)
    counted = count_logs(log_files([str(tmp_path / "trail.parquet")]), alike)
    assert counted.problems == []
    assert (
        (counted.events, counted.asked) == (expected.events, expected.asked) == (400, counted.asked)
    )
    assert counted.skipped == expected.skipped
    groups = [
        {
            key: (group.allowed, group.denied, group.first, group.last)
            for key, group in count.groups.items()
        }
        for count in (counted, expected)
    ]
    assert groups[0] == groups[1]


def test_a_file_that_breaks_off_is_told(tmp_path):
    """Nothing else is lost by it."""
    write(tmp_path / "a.parquet", [in_columns(record) for record in records(20)])
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.parquet").write_bytes(b"no parquet")
    problems = []
    read = [entry for file in log_files([str(tmp_path)]) for entry in records_of(file, problems)]
    assert len(read) == 20
    assert [problem.file.rpartition("/")[2] for problem in problems] == ["b.parquet", "c.parquet"]


def test_rows_that_are_no_records_are_told(tmp_path, capsys):
    """Another table is no trail, and fails every gate."""
    write(tmp_path / "a.parquet", [{"id": 1}, {"id": 2}])
    (tmp_path / "world.json").write_text(json.dumps(trail.world()))
    arguments = ["replay", str(tmp_path / "a.parquet"), "--world", str(tmp_path / "world.json")]
    assert main([*arguments, "--fail-on", "any"]) == 1
    assert "a.parquet" in capsys.readouterr().out


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch, capsys):
    """And the command that installs it."""
    write(tmp_path / "a.parquet", [in_columns(record) for record in records(2)])
    (tmp_path / "world.json").write_text(json.dumps(trail.world()))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    arguments = ["replay", str(tmp_path / "a.parquet"), "--world", str(tmp_path / "world.json")]
    assert main(arguments) == 2
    assert "iamsim[parquet]" in capsys.readouterr().err
