"""A trail replayed: every record once, in groups that can't differ, before and after a change."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter

import pytest

from benchmarks import trail
from iamsim.calls.events import read_event
from iamsim.cli.main import main
from iamsim.core.errors import RequestError
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.questions.called import question_of
from iamsim.replay import copies, counting, workers
from iamsim.replay import state as kept
from iamsim.replay.alike import Alike
from iamsim.replay.counting import Counting
from iamsim.replay.logs import log_files, records_of
from iamsim.replay.run import replay
from iamsim.replay.typed import TypedLogs
from iamsim.replay.workers import count_logs
from iamsim.symbolic import partial
from iamsim.world.load import load_world

LOCK = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::ledger/data/000000*",
        },
    ],
}
BY_ADDRESS = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::ledger/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}},
    },
}
NAMED = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:userid": "*:i-*0"}},
    },
}


def records(count, seed=1):
    """Records of the generator."""
    return [record.record for record in made_records(count, seed)]


def made_records(count, seed=1):
    """The same with the truth about them."""
    drawn = random.Random(seed)  # noqa: S311 - a workload, no secret
    return [trail.record(drawn, number, 500) for number in range(count)]


@pytest.fixture
def folder(tmp_path):
    """The generator's world, and logs of it in two files."""
    (tmp_path / "world.json").write_text(json.dumps(trail.world()), encoding="utf-8")
    logs = tmp_path / "AWSLogs" / "CloudTrail"
    logs.mkdir(parents=True)
    made = records(400)
    for number in range(2):
        with gzip.open(logs / f"{number}.json.gz", "wt", encoding="utf-8") as stream:
            json.dump({"Records": made[number::2]}, stream)
    return tmp_path


def run(folder, capsys, *arguments):
    """Run the command; gives its JSON and its exit code."""
    logs, world = str(folder / "AWSLogs"), str(folder / "world.json")
    code = main(["replay", logs, "--world", world, "--format", "json", *arguments])
    return json.loads(capsys.readouterr().out), code


def test_every_record_is_counted_and_held_against_what_aws_answered(folder, capsys):
    """All records come out somewhere: as AWS answered, otherwise, undecided or not asked."""
    data, code = run(folder, capsys)
    assert code == 0
    assert data["events"] == 400
    assert data["asked"] + sum(data["skipped"].values()) == 400
    otherwise = sum(entry["count"] for entry in data["disagree"])
    assert data["agree"] + otherwise + data["undecided"] == data["asked"]
    made = Counter(record["eventName"] for record in records(400))
    assert otherwise == made["Decrypt"]  # the world does not list the key's policy
    truth = trail.truth_of(made_records(400))
    assert data["events"] - sum(data["skipped"].values()) == sum(
        sum(number)
        for name, number in truth["calls"].items()
        if not name.endswith("GetCallerIdentity")
    )
    assert data["changes"] == []
    assert run(folder, capsys, "--fail-on", "disagreement")[1] == 1


def test_a_change_says_who_is_hit_how_often_and_since_when(folder, capsys):
    """The counts of what is newly denied are those of the generator."""
    data, code = run(
        folder, capsys, "--with-policy", f"identity={json.dumps(LOCK)}", "--fail-on", "denied"
    )
    assert code == 1
    sent = {
        name.split()[1]: allowed
        for name, (allowed, _) in trail.truth_of(made_records(400))["calls"].items()
        if name.endswith("sqs:SendMessage")
    }
    found = {
        change["principal"].partition("/")[2]: change["count"]
        for change in data["changes"]
        if change["action"] == "sqs:SendMessage"
    }
    assert found == sent
    assert all(change["first"] <= change["last"] for change in data["changes"])
    assert {(change["from"], change["to"]) for change in data["changes"]} == {
        ("allowed", "explicitDeny")
    }
    read = [change for change in data["changes"] if change["action"] == "s3:GetObject"]
    hit = [
        record
        for record in records(400)
        if record["eventName"] == "GetObject"
        and record["requestParameters"] is not None
        and record["requestParameters"]["key"].startswith("data/000000")
    ]
    assert sum(entry["count"] for entry in read) == len(hit)


@pytest.mark.parametrize("policy", [LOCK, BY_ADDRESS, NAMED])
def test_grouping_changes_no_decision(policy, tmp_path):
    """Whatever the policies read, each record gets the verdict that it gets alone."""
    given = trail.world()
    given["accounts"][trail.ACCOUNT]["policies"]["App"]["Statement"] = [
        given["accounts"][trail.ACCOUNT]["policies"]["App"]["Statement"],
        *(policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]),
    ]
    (tmp_path / "world.json").write_text(json.dumps(given), encoding="utf-8")
    model = load_world(tmp_path / "world.json")
    world = CompiledWorld(model)
    alike = Alike([model])
    counting = Counting(alike)
    alone: Counter[tuple[str, str]] = Counter()
    for record in records(300, seed=5):
        counting.record(record)
        if record.get("errorCode") == "ExpiredToken":
            continue
        for requested in read_event(record).asked:
            if requested.needed != "always" or requested.principal is None:
                continue
            base = Question(requested.principal, requested.action, requested.resource)
            verdict = partial.decide(question_of(requested, base), world).verdict
            alone[requested.action, verdict.value] += 1
    together: Counter[tuple[str, str]] = Counter()
    count = counting.count
    for group in count.groups.values():
        for key in group.requests:
            requested = count.requests[key]
            base = Question(requested.principal, requested.action, requested.resource)
            verdict = partial.decide(question_of(requested, base), world).verdict
            together[requested.action, verdict.value] += group.count
    assert together == alone
    assert replay(count, world).agree > 0
    assert len(count.groups) < 300


def groups_of(count):
    """What was asked, and what AWS answered how often."""
    return {
        key: (group.allowed, group.denied, group.first, group.last, group.event)
        for key, group in count.groups.items()
        if group.count
    }


def test_processes_and_copies(folder, capsys, monkeypatch):
    """Two processes count as one, and a record that stands in two files counts once."""
    files = log_files([str(folder / "AWSLogs")])
    alike = Alike([load_world(folder / "world.json")])
    single, several = count_logs(files, alike), count_logs(files, alike, 2)
    assert (several.events, several.asked) == (single.events, single.asked)
    assert several.skipped == single.skipped
    assert groups_of(several) == groups_of(single)
    (folder / "copy.json").write_text(json.dumps({"Records": records(100)}), encoding="utf-8")
    new = [record.record for record in made_records(20, seed=8)]
    lines = [json.dumps(entry) for entry in [*new, *records(50), *new]]
    (folder / "lines.jsonl").write_text("\n".join(lines), encoding="utf-8")
    copied = [*files, str(folder / "copy.json"), str(folder / "lines.jsonl")]
    without = count_logs(files, alike)
    for entry in new:
        (folder / f"{entry['eventID']}.json").write_text(json.dumps({"Records": [entry]}))
    whole = count_logs(
        [*files, *(str(folder / f"{entry['eventID']}.json") for entry in new)], alike
    )
    for processes, share in ((1, 250_000), (2, 250_000), (1, 10)):
        monkeypatch.setattr(copies, "SHARE", share)
        again = count_logs(copied, alike, processes)
        assert (again.events, again.asked) == (420, whole.asked)
        assert again.skipped == whole.skipped
        assert groups_of(again) == groups_of(whole) != groups_of(without)
    data, _ = run(folder, capsys, "-n", "2")
    assert data["events"] == 400


def test_a_broken_file_costs_itself_alone(folder, capsys):
    """What can't be read is said, and fails a gate; the rest counts."""
    logs = folder / "AWSLogs" / "CloudTrail"
    (logs / "cut.json.gz").write_bytes((logs / "0.json.gz").read_bytes()[:200])
    (logs / "lines.jsonl").write_text(
        "\n".join([json.dumps(records(1, seed=9)[0]), "{broken", "[1]"]), encoding="utf-8"
    )
    digest = folder / "AWSLogs" / "CloudTrail-Digest"
    digest.mkdir()
    (digest / "d.json").write_text("{}", encoding="utf-8")
    data, code = run(folder, capsys, "--fail-on", "any")
    assert code == 1
    assert data["events"] == 401
    assert {problem["file"].rpartition("/")[2] for problem in data["problems"]} == {
        "cut.json.gz",
        "lines.jsonl",
    }


def test_what_is_no_log(tmp_path):
    """A path that is not there is an error, a folder without logs has none."""
    with pytest.raises(RequestError):
        log_files([str(tmp_path / "gone")])
    assert log_files([str(tmp_path)]) == []
    problems = []
    (tmp_path / "a.json").write_text('"text"', encoding="utf-8")
    assert list(records_of(str(tmp_path / "a.json"), problems)) == []
    assert len(problems) == 1


def test_a_trail_without_records_passes_no_gate(tmp_path, capsys):
    """Nothing was searched, so nothing was found to be well."""
    (tmp_path / "trail.json").write_text('{"Records": []}', encoding="utf-8")
    (tmp_path / "world.json").write_text('{"accounts": {"111122223333": {}}}', encoding="utf-8")
    asked = ["replay", str(tmp_path / "trail.json"), "--world", str(tmp_path / "world.json")]
    assert main(asked) == 0
    assert main([*asked, "--fail-on", "denied"]) == 1
    assert capsys.readouterr().out


FRESH = {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
LOCKS = {
    "more": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "300"}},
    "nothing": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}},
}


@pytest.mark.parametrize(
    ("lock", "fail_on", "accepted", "expected"),
    [
        ("more", "denied", False, 1),
        ("more", "any", False, 1),
        ("more", "denied", True, 0),
        ("nothing", "denied", False, 0),
        ("nothing", "any", False, 0),
        ("nothing", "disagreement", False, 1),
        ("nothing", "disagreement", True, 0),
    ],
)
def test_calls_that_hang_on_other_conditions_pass_no_gate(
    tmp_path, capsys, lock, fail_on, accepted, expected
):
    """The trail does not tell how long ago somebody signed in, so the call is undecided; a Deny
    about it leaves it so, and may deny the call all the same."""
    user = "arn:aws:iam::111122223333:user/ann"
    event = {
        "eventID": "1",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventSource": "sqs.amazonaws.com",
        "eventName": "SendMessage",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "IAMUser",
            "arn": user,
            "accountId": "111122223333",
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        },
        "requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"},
    }
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": FRESH}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": LOCKS[lock]}
    world = {"accounts": {"111122223333": {"users": {"ann": {"policies": [document(allow)]}}}}}
    (tmp_path / "trail.json").write_text(json.dumps({"Records": [event]}), encoding="utf-8")
    (tmp_path / "world.json").write_text(json.dumps(world), encoding="utf-8")
    asked = ["replay", str(tmp_path / "trail.json"), "--world", str(tmp_path / "world.json")]
    change = ["--with-policy", f"identity={json.dumps(document(deny))}", "--fail-on", fail_on]
    assert main([*asked, *change, *(["--accept-unknown"] if accepted else [])]) == expected
    said = capsys.readouterr()
    assert ("under other conditions than before" in said.out) == (lock == "more")
    assert ("accepted: " in said.err) == accepted


def document(statement):
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_an_interrupted_run_goes_on(folder, capsys, monkeypatch):
    """What was counted is not read again, and the answer is that of one run."""
    logs = folder / "AWSLogs" / "CloudTrail"
    (logs / "2.json").write_text(json.dumps({"Records": records(30)}), encoding="utf-8")
    (logs / "3.json").write_text(json.dumps({"Records": records(20, seed=4)}), encoding="utf-8")
    (logs / "4.json").write_text("broken", encoding="utf-8")
    whole, _ = run(folder, capsys)
    state = ["--state", str(folder / "state")]
    read = counting.read_log
    seen = []

    def stop_at_third(file, problems):
        seen.append(file.rpartition("/")[2])
        if len(seen) == 3:
            raise KeyboardInterrupt
        return read(file, problems)

    monkeypatch.setattr(kept, "SECONDS", -1.0)
    monkeypatch.setattr(counting, "read_log", stop_at_third)
    asked = ["replay", str(folder / "AWSLogs"), "--world", str(folder / "world.json")]
    assert main([*asked, *state]) == 130
    capsys.readouterr()
    resumed, _ = run(folder, capsys, *state)
    assert resumed == whole
    assert sorted(seen) == ["0.json.gz", "1.json.gz", "2.json", "2.json", "3.json", "4.json"]
    (logs / "5.json").write_text(json.dumps({"Records": records(9, seed=6)}), encoding="utf-8")
    grown, _ = run(folder, capsys, *state)
    assert grown == run(folder, capsys)[0]
    assert seen.count("5.json") == 2
    assert seen.count("0.json.gz") == 2


@pytest.mark.parametrize("what", ["another world", "changed", "gone", "broken", "ids"])
def test_a_state_of_something_else_is_refused(folder, capsys, what):
    """Nothing is counted on what does not fit."""
    state = folder / "state"
    run(folder, capsys, "--state", str(state))
    logs = folder / "AWSLogs" / "CloudTrail"
    more = []
    if what == "another world":
        more = ["--with-policy", f"identity={json.dumps(NAMED)}"]
    elif what == "changed":
        (logs / "1.json.gz").write_bytes((logs / "0.json.gz").read_bytes())
    elif what == "gone":
        (logs / "1.json.gz").unlink()
    elif what == "broken":
        (state / "count.json").write_text('{"mark": 1}', encoding="utf-8")
    else:
        (state / "ids-000001").write_bytes(b"x")
    asked = ["replay", str(folder / "AWSLogs"), "--world", str(folder / "world.json")]
    assert main([*asked, *more, "--state", str(state)]) == 2
    assert "can't be gone on with" in capsys.readouterr().err


def test_a_worker_ends_with_its_parent(monkeypatch):
    """Of a parent that was killed no worker is left waiting."""
    ended = []
    monkeypatch.setattr(workers.os, "_exit", ended.append)
    workers._end_with_parent(-1)
    assert ended == [1]


def test_a_state_that_can_t_be_written_is_an_error_in_words(folder, capsys):
    """Not a bug of ours: the folder is a file."""
    taken = folder / "taken"
    taken.write_text("x", encoding="utf-8")
    asked = ["replay", str(folder / "AWSLogs"), "--world", str(folder / "world.json")]
    assert main([*asked, "--state", str(taken / "state")]) == 2
    said = capsys.readouterr().err
    assert "can't write to" in said
    assert "not a directory" in said
    assert taken.read_text(encoding="utf-8") == "x"


def test_the_text_of_a_record_is_its_own():
    """Whether found by its id or counted out, with a record that holds the text of another."""
    made = [dict(record) for record in records(40)]
    made[7]["requestParameters"] = {"entries": [made[8], made[7]["eventID"]]}
    made[20]["requestParameters"] = {"like": {**made[20]}}
    made[30] = {"note": "not as CloudTrail writes it", **made[30]}
    for separators in ((",", ":"), (", ", ": ")):
        content = json.dumps({"Records": made}, separators=separators).encode()
        typed = TypedLogs(Alike([]))
        read = typed.records(content)
        assert read is not None
        text_of = typed.text_of(content, read)
        assert [json.loads(text_of(place)) for place in range(len(made))] == made
