"""Work in several processes: the same results and errors as in one, and nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from iamsim.cli.main import main
from iamsim.core.decision import Verdict
from iamsim.core.errors import IamsimError, PolicyError
from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.batch.pool import FORK, SPAWN
from iamsim.query.batch.processes import MOST_PROCESSES, Processes
from iamsim.query.batch.shipping import SentResidual, Shipper, whole_residual
from iamsim.world.load import load_world_data

HOME = "111122223333"
BUCKET = "arn:aws:s3:::data"
USER = f"arn:aws:iam::{HOME}:user"
ALLOW_WITH_MFA = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "WithMfa",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    },
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
METHODS = [pytest.param(FORK, marks=LINUX), SPAWN]

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def batch_of(**users):
    """A batch over one account with users, each with one policy."""
    data = {name: {"policies": [policy]} for name, policy in users.items()}
    return Batch(CompiledWorld(load_world_data({"accounts": {HOME: {"users": data}}})))


@pytest.fixture
def batch():
    """A batch with two users, one of whom has a policy of AWS's."""
    return batch_of(ann=ALLOW_WITH_MFA, bob="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")


def names_of(batch, common):
    """Work: the names of candidates by number."""
    return lambda number: (common, batch.candidates[number].principal, os.getpid())


class Counting:
    """Work that says how many items this process has done."""

    def __init__(self, _batch, common):
        self.pause = common
        self.done = 0

    def __call__(self, _item):
        """Do one more."""
        time.sleep(self.pause)
        self.done += 1
        return os.getpid(), self.done


def failing_at(_batch, common):
    """Work of which some items fail, the earlier the later."""

    def do(number):
        if number in common:
            time.sleep(0.3 / (1 + number))
            raise PolicyError("broken", f"item {number}", span=SPAN)
        return number

    return do


def not_begun(_batch, _common):
    """Work that can't be begun."""
    raise PolicyError("broken", "nothing works", hint="try later")


def dividing(_batch, _common):
    """Work that fails without meaning to."""
    return lambda number: 1 // number


def killing(_batch, _common):
    """Work in which a process is killed, as by a system without memory."""

    def do(number):
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return do


def answering(batch, common):
    """Work: one request of each principal."""
    return lambda principal: batch.decide(principal, *common)


SPAN = Source("policy.json", '{"a": 1}', locate_json).span(("a",))


def is_running(process):
    """Whether a process is there and is not just a record of its end."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stream:  # noqa: PTH123
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(processes):
    """Wait some seconds until no such process runs any more."""
    end = time.monotonic() + 20
    while any(map(is_running, processes)):
        assert time.monotonic() < end, "a process is left running"
        time.sleep(0.02)


@pytest.mark.parametrize("method", METHODS)
def test_results_come_in_the_order_of_the_items(batch, method):
    """Whoever did them; nothing of it is done in this process."""
    items = [2, 0, 1, 0]
    with Processes(2, method=method) as processes:
        found = processes.spread(batch, names_of, "x", items)
    expected = [("x", batch.candidates[number].principal) for number in items]
    assert [entry[:2] for entry in found] == expected
    assert os.getpid() not in {entry[2] for entry in found}


def test_one_process_is_this_one(batch):
    """Nothing is started for one process, nor for one item, nor for none."""
    assert [entry[2] for entry in Processes().spread(batch, names_of, "x", [0, 1])] == [
        os.getpid()
    ] * 2
    with Processes(4) as processes:
        assert processes.spread(batch, names_of, "x", [0])[0][2] == os.getpid()
        assert processes.spread(batch, names_of, "x", []) == []


@LINUX
def test_work_begins_once_in_each_process(batch):
    """What a process works out is kept for its next item, and the processes for the next work."""
    with Processes(2, method=FORK) as processes:
        first = processes.spread(batch, Counting, 0.01, range(10))
        second = processes.spread(batch, Counting, 0.01, range(10))
    done = {}
    for process, count in first:
        done[process] = done.get(process, 0) + 1
        assert count == done[process]
    assert {process for process, _ in second} <= set(done)
    assert min(count for _, count in second) == 1


@LINUX
@pytest.mark.parametrize("number", [1, 2])
def test_work_goes_on_where_it_was(batch, number):
    """Items that come later find what was worked out for those before."""
    with Processes(number, method=FORK) as processes:
        work = processes.work(batch, Counting, 0.01)
        first = work.do(range(10))
        second = work.do(range(10))
    done = dict(first)
    assert len(done) == number
    for process, count in second:
        assert count == done[process] + 1
        done[process] = count


@LINUX
def test_items_by_name_go_to_who_did_them(batch):
    """What a process knows about a name is there the next time."""
    names = [f"name-{number}" for number in range(6)]
    with Processes(2, method=FORK) as processes:
        found = processes.spread(batch, Counting, 0.05, names)
        by_process = {
            process: {name for name, (who, _) in zip(names, found, strict=True) if who == process}
            for process, _ in found
        }
        pool = processes._pool
        for worker in pool._workers:
            chosen = names[pool._choose(worker, names, range(6))]
            assert chosen in by_process.get(worker.process.pid, names)


@LINUX
def test_progress_counts_what_is_done(batch):
    """From nothing to everything, one by one."""
    told = []
    with Processes(3, method=FORK) as processes:
        processes.spread(batch, Counting, 0, range(5), lambda *state: told.append(state))
    assert told == [(done, 5) for done in range(6)]


@LINUX
def test_the_first_item_that_fails_is_told(batch):
    """As in a loop over the items, with code and place, also where a later one fails sooner."""
    with Processes(3, method=FORK) as processes, pytest.raises(PolicyError) as caught:
        processes.spread(batch, failing_at, (1, 2), range(6))
    assert (caught.value.message, caught.value.span.place) == ("item 1", "policy.json:1:7")
    with pytest.raises(PolicyError, match="item 1"):
        Processes().spread(batch, failing_at, (1, 2), range(6))


@LINUX
def test_processes_start_again_after_an_error(batch):
    """An error ends all of them; the next work gets new ones."""
    with Processes(2, method=FORK) as processes:
        with pytest.raises(PolicyError, match="nothing works") as caught:
            processes.spread(batch, not_begun, None, range(4))
        assert caught.value.hint == "try later"
        assert len(processes.spread(batch, names_of, "x", [0, 1, 2])) == 3


@LINUX
def test_a_fault_keeps_its_type_and_says_where_it_was(batch):
    """What nobody meant to raise comes with the lines of the other process."""
    with Processes(2, method=FORK) as processes, pytest.raises(ZeroDivisionError) as caught:
        processes.spread(batch, dividing, None, [1, 0, 1])
    assert "1 // number" in caught.value.__notes__[0]


@LINUX
def test_a_killed_process_is_an_error_with_a_hint(batch):
    """Not a hang, and not an answer that lacks a part."""
    with Processes(2, method=FORK) as processes, pytest.raises(IamsimError) as caught:
        processes.spread(batch, killing, None, range(6))
    assert caught.value.code == "worker-died"
    assert "SIGKILL" in caught.value.message
    assert "`-n`" in caught.value.hint


@LINUX
def test_an_interruption_leaves_no_process(batch):
    """Whatever they were doing."""
    seen = set()

    def interrupt(done, _total):
        seen.update(worker.process.pid for worker in processes._pool._workers)
        if done == 2:
            raise KeyboardInterrupt

    with Processes(2, method=FORK) as processes, pytest.raises(KeyboardInterrupt):
        processes.spread(batch, Counting, 0.05, range(100), interrupt)
    assert len(seen) == 2
    wait_for_end(seen)


@LINUX
def test_processes_end_with_the_one_that_started_them(batch, tmp_path):
    """Also where that is killed while they work."""
    script = tmp_path / "asking.py"
    script.write_text(
        "import time\n"
        "from iamsim.query.batch import Batch\n"
        "from iamsim.query.batch.processes import Processes\n"
        "from iamsim.engine.world import CompiledWorld\n"
        "def work(batch, common):\n"
        "    return lambda item: time.sleep(item)\n"
        "def ended(done, total):\n"
        "    children = open('/proc/self/task/%d/children' % __import__('os').getpid()).read()\n"
        "    print(children, flush=True)\n"
        "with Processes(2) as processes:\n"
        "    processes.spread(Batch(CompiledWorld()), work, None, [0, 30, 30], ended)\n",
        encoding="utf-8",
    )
    asking = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    asking.stdout.readline()
    children = [int(part) for part in asking.stdout.readline().split()]
    asking.kill()
    asking.wait()
    asking.stdout.close()
    assert len(children) == 2
    wait_for_end(children)


@LINUX
def test_no_more_processes_than_work(batch):
    """A number without measure is cut to the work there is, and to a limit."""
    assert Processes(100_000).number == MOST_PROCESSES
    with Processes(1000, method=FORK) as processes:
        processes.spread(batch, Counting, 0, range(3))
        assert len(processes._pool._workers) == 3


def test_pieces_are_neighbors_and_cover_everything():
    """A single piece for one process, a few for each of several."""
    assert Processes().pieces("abcde") == [range(5)]
    assert Processes(3).pieces([]) == []
    for total in range(1, 40):
        pieces = Processes(2).pieces(range(total))
        assert [number for piece in pieces for number in piece] == list(range(total))
        assert len(pieces) <= 8
        chunks = Processes(2).chunks(range(total))
        assert [number for chunk in chunks for number in chunk] == list(range(total))
    assert Processes().chunks("abc") == [range(1), range(1, 2), range(2, 3)]
    assert Processes(2).chunks([]) == []


def test_questions_about_the_same_things_go_together():
    """In several processes; one process takes one after the other."""
    assert Processes().groups("abc") == [("a",), ("b",), ("c",)]
    assert Processes(2).groups(range(10)) == [tuple(range(8)), (8, 9)]
    assert Processes(2).groups([]) == []


@pytest.mark.parametrize("method", METHODS)
def test_what_both_sides_have_stays_the_same_object(batch, method):
    """Texts and principals of the world, and the text of one policy of AWS's."""
    everybody = [candidate.principal for candidate in batch.candidates]
    with Processes(2, method=method) as processes:
        root, ann, bob = processes.spread(batch, answering, ("s3:GetObject", BUCKET), everybody)
    assert root.verdict is bob.verdict is Verdict.ALLOWED
    (mine,) = batch.decide(everybody[1], "s3:GetObject", BUCKET).decision.statements
    assert ann.decision.statements == (mine,)
    assert ann.decision.statements[0].source is mine.source
    shipper = Shipper([batch])
    (theirs,) = bob.decision.statements
    copies = [shipper.unpack(shipper.pack(bob)).decision.statements[0] for _ in range(2)]
    assert copies[0].source is copies[1].source
    assert copies[0].span.place == theirs.span.place == "AmazonS3ReadOnlyAccess:4:5"
    candidate = batch.candidates[1]
    assert shipper.unpack(shipper.pack(("x", candidate)))[1] is candidate
    assert shipper.unpack(shipper.pack(candidate._replace(account=None))).entity is candidate.entity


def test_a_condition_that_was_sent_reads_like_the_one_that_was_found(batch):
    """All that a residual can be asked."""
    shipper = Shipper([batch])
    found = batch.decide(f"{USER}/ann", "s3:GetObject", BUCKET).residual
    sent = shipper.unpack(shipper.pack(found))
    assert isinstance(sent, SentResidual)
    for name in ("sentence", "keys", "stand_ins", "simplified", "description"):
        assert getattr(sent, name) == getattr(found, name)
    assert sent.to_condition() == found.to_condition() != []
    assert sent.examples() == found.examples()
    for value in ("true", "false"):
        context = {"aws:MultiFactorAuthPresent": value}
        assert sent.holds(context) is found.holds(context)
    assert whole_residual(found) is found
    assert whole_residual(sent) is sent.whole()
    assert whole_residual(None) is None
    sent.to_condition()[0]["Bool"].clear()
    assert sent.to_condition() == found.to_condition()


@pytest.fixture
def world_file(tmp_path):
    """A world file with one user."""
    path = tmp_path / "world.json"
    user = {"policies": [ALLOW_WITH_MFA]}
    data = {"accounts": {HOME: {"users": {"ann": user}}}}
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "", "²"])
def test_a_number_of_processes_is_a_whole_number_above_zero(number, world_file, capsys):
    """Or `auto`; anything else is told before the world is read."""
    missing = f"{world_file}.missing"
    assert main(["who-can", "s3:GetObject", BUCKET, "--world", missing, "-n", number]) == 2
    said = capsys.readouterr().err
    assert f"`{number}` is no whole number above zero" in said
    assert "or `auto`" in said


@pytest.mark.parametrize("number", ["1", "2", "auto", "1000", "9" * 30])
def test_any_other_number_gives_the_same_answer(number, world_file, capsys):
    """Also one that no machine has."""
    arguments = ["who-can", "s3:GetObject", BUCKET, "--world", world_file, "-q"]
    assert main([*arguments, "--processes", number]) == 0
    root = f"arn:aws:iam::{HOME}:root"
    assert capsys.readouterr().out.split() == [root, f"{USER}/ann"]


def test_answers_of_processes_are_small(batch):
    """The texts of the world are not sent along."""
    shipper = Shipper([batch])
    answers = [
        batch.decide(f"{USER}/ann", "s3:GetObject", f"{BUCKET}/{number}") for number in range(50)
    ]
    content = shipper.pack([answer.decision for answer in answers])
    assert b"MultiFactorAuthPresent" in content
    assert b"2012-10-17" not in content
    assert len(content) < 50 * 100
