"""Trails counted with a local Spark: the same groups as without it."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("pyspark", reason="needs the extra `spark`")

from benchmarks import trail
from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.replay.alike import Alike
from iamsim.replay.logs import log_files
from iamsim.replay.spark import count_files, count_table, open_session
from iamsim.replay.workers import count_logs
from iamsim.world.load import load_world
from tests.unit.test_parquet import in_columns, in_one_column, write

RECORDS = int(os.environ.get("IAMSIM_SPARK_RECORDS", "2000"))
JAVA = 17  # the oldest that this Spark runs on


def java_version():
    """The version of Java on the path, 0 for none."""
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


pytestmark = [
    pytest.mark.skipif(java_version() < JAVA, reason="Spark needs Java 17 or newer"),
    pytest.mark.filterwarnings("ignore"),  # of Spark and of the sockets to it
    pytest.mark.xdist_group("spark"),
]


@pytest.fixture(scope="module")
def session():
    """A local Spark of one core, without its web server."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2"
        " --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1"
        " pyspark-shell"
    )
    opened = open_session("local[1]")
    yield opened
    opened.stop()


class NoSpark:
    """A builder of sessions whose master nobody reaches."""

    def __getattr__(self, _name):
        return lambda *_given: self

    def getOrCreate(self):  # noqa: N802 - Spark's name
        """Fail as Spark does."""
        message = "[JAVA_GATEWAY_EXITED] Java gateway process exited"
        raise RuntimeError(message)


def test_a_spark_that_does_not_start_is_an_error_of_ours(monkeypatch):
    """A misspelt master is no bug, and what Spark printed says why."""
    monkeypatch.setattr("pyspark.sql.SparkSession.builder", NoSpark())
    with pytest.raises(RequestError, match="Spark does not start with `locl`") as caught:
        open_session("locl")
    assert caught.value.code == "spark-failed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A trail with copies, a damaged file, lines, a digest, and its world."""
    made = tmp_path_factory.mktemp("spark")
    trail.write(made, RECORDS, max(RECORDS // 1000, 2))
    logs = made / "AWSLogs"
    files = sorted(logs.rglob("*.gz"))
    (logs / "again.json.gz").write_bytes(files[0].read_bytes())
    (logs / "cut.json.gz").write_bytes(files[1].read_bytes()[:500])
    old = json.loads(gzip.decompress(files[1].read_bytes()))["Records"][:20]
    drawn = random.Random(9)  # noqa: S311 - a workload
    new = [trail.record(drawn, number, 50).record for number in range(30)]
    lines = [json.dumps(entry) for entry in [*old, *new, *new]]
    (logs / "lines.jsonl").write_text("\n".join([*lines, "{broken"]), encoding="utf-8")
    (logs / "CloudTrail-Digest").mkdir()
    (logs / "CloudTrail-Digest" / "d.json").write_text("{}", encoding="utf-8")
    return made


def told(count):
    """All that a count tells, files by their last names."""
    groups = {
        key: (group.allowed, group.denied, group.first, group.last, group.event)
        for key, group in count.groups.items()
        if group.count
    }
    problems = sorted(
        (problem.file.rpartition("/")[2], problem.reason) for problem in count.problems
    )
    skipped = {reason: number for reason, number in count.skipped.items() if number}
    return count.events, count.asked, skipped, groups, problems


def test_spark_counts_as_one_machine_does(session, folder):
    """Groups, times, what was skipped, what could not be read, and copies once."""
    alike = Alike([load_world(folder / "world.json")])
    expected = count_logs(log_files([str(folder / "AWSLogs")]), alike)
    counted = count_files(session, [str(folder / "AWSLogs")], alike)
    assert told(counted) == told(expected)
    assert counted.events == json.loads((folder / "truth.json").read_text())["events"] + 30


@pytest.mark.parametrize("form", [in_columns, in_one_column])
def test_tables_count_as_log_files_do(session, tmp_path, form):
    """Columns of Athena and exports of Lake; a record that stands there twice counts once."""
    drawn = random.Random(3)  # noqa: S311 - as above
    records = [trail.record(drawn, number, 50).record for number in range(200)]
    (tmp_path / "trail.json").write_text(json.dumps({"Records": records}), encoding="utf-8")
    write(tmp_path / "trail.parquet", [form(record) for record in [*records, *records[:50]]])
    alike = Alike([])
    expected = count_logs([str(tmp_path / "trail.json")], alike)
    table = session.read.parquet(str(tmp_path / "trail.parquet"))
    assert told(count_table(table, alike)) == told(expected)


def test_the_command_says_the_same(session, folder, capsys):
    """`--spark` changes nothing in an answer but the way of files."""
    asked = ["replay", str(folder / "AWSLogs"), "--world", str(folder / "world.json")]
    asked += ["--format", "json"]
    answers = []
    for more in ([], ["--spark", "auto"]):
        assert main([*asked, *more]) == 0
        answer = json.loads(capsys.readouterr().out)
        for problem in answer["problems"]:
            problem["file"] = problem["file"].rpartition("/")[2]
        answer["skipped"] = dict(sorted(answer["skipped"].items()))
        answers.append(answer)
    assert answers[0] == answers[1]
    assert main([*asked, "--spark", "auto", "-n", "2"]) == 2
    gone = ["replay", str(folder / "gone"), "--world", str(folder / "world.json")]
    assert main([*gone, "--spark", "auto"]) == 2
