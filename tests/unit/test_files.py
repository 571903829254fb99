"""Files are read within bounds, and written whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
import zlib

import pytest

from iamsim.files import reading, writing
from iamsim.files.archive import Archive
from iamsim.files.reading import forget_inputs, read_bytes, read_gzip, read_text
from iamsim.files.same import same_folders
from iamsim.files.writing import write_bytes, write_folder, write_text


@pytest.fixture(autouse=True)
def _new_run():
    """Each test is a run of its own."""
    forget_inputs()


def tree(folder):
    """Everything below a folder: names, and what files hold."""
    return {
        str(path.relative_to(folder)): path.read_text("utf-8") if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_a_file_is_read(tmp_path):
    """Byte for byte, line ends as they are."""
    (tmp_path / "a").write_bytes("é\r\n".encode())
    assert read_text(tmp_path / "a") == "é\r\n"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/random"])
def test_devices_are_not_read(path):
    """They may never end."""
    with pytest.raises(OSError, match="not a regular file"):
        read_bytes(path)


def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path):
    """Opening one waits for a writer, unless told otherwise."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_bytes(tmp_path / "pipe")


def test_a_folder_is_no_file(tmp_path):
    """As the system says it."""
    with pytest.raises(IsADirectoryError):
        read_bytes(tmp_path)


def test_a_pipe_that_a_shell_opened_is_read():
    """What `<(command)` gives."""
    outlet, inlet = os.pipe()
    os.write(inlet, b"{}")
    os.close(inlet)
    try:
        assert read_bytes(f"/dev/fd/{outlet}") == b"{}"
    finally:
        os.close(outlet)


def test_no_more_is_read_than_the_bound(tmp_path):
    """One byte more is an error that says the bound."""
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", most=5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bytes(tmp_path / "a", most=4)


def test_no_more_is_unpacked_than_the_bound():
    """However small the packed file is."""
    packed = gzip.compress(b"0" * 3_000_000)
    assert len(packed) < 10_000
    assert len(read_gzip(packed, "a.gz", most=3_000_000)) == 3_000_000
    with pytest.raises(OSError, match="more than 2 MB"):
        read_gzip(packed, "a.gz", most=2 * 1024 * 1024)


@pytest.fixture(params=["isal", "zlib"])
def unpacker(request, monkeypatch):
    """With ISA-L, and where it is not installed."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    return request.param


@pytest.mark.usefixtures("unpacker")
def test_gzip_files_may_have_several_members():
    """One after the other, padded with zeros; and nothing at all is nothing."""
    packed = gzip.compress(b"a" * 70_000) + gzip.compress(b"") + gzip.compress(b"b") + bytes(3)
    assert read_gzip(packed, "a.gz") == b"a" * 70_000 + b"b"
    assert read_gzip(packed, "a.gz", most=70_001) == b"a" * 70_000 + b"b"
    assert read_gzip(b"", "a.gz") == b""


PACKED = gzip.compress(bytes(range(256)) * 300, mtime=0)  # alike in every worker


@pytest.mark.usefixtures("unpacker")
@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (PACKED[:-3], EOFError, "ends before"),
        (PACKED[:40], EOFError, "ends before"),
        (PACKED[:5], EOFError, "ends before"),
        (PACKED + b"{}", OSError, "not a gzip file"),
        (PACKED[:-8] + b"sums" + PACKED[-4:], zlib.error, "(?i)incorrect"),
    ],
    ids=["no sum", "no end", "no header", "more behind", "another sum"],
)
def test_damaged_gzip_files_are_told_apart(content, error, words):
    """Cut off, followed by something else, or with another sum than their content has."""
    with pytest.raises(error, match=words):
        read_gzip(content, "a.gz")


def test_an_archive_shares_one_bound_among_its_files(tmp_path):
    """Many files are no way around it."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "cba":
            archive.writestr(name, b"0" * 60_000)
    archive = Archive(tmp_path / "a.zip", most=130_000)
    assert archive.names() == ["a", "b", "c"]
    assert len(archive.read("a") + archive.read("b")) == 120_000
    with pytest.raises(OSError, match="more than 10000 bytes"):
        archive.read("c")


def test_standard_input_is_bounded(monkeypatch):
    """It may never end either."""

    class Stream:
        """A standard input."""

        buffer = io.BytesIO(b"12345")

    monkeypatch.setattr("sys.stdin", Stream)
    with pytest.raises(OSError, match="more than 4 bytes"):
        reading.read_standard_input(most=4)


def test_what_was_read_is_not_written_over(tmp_path):
    """Unless that is meant; a file that is another one by now may be."""
    path = tmp_path / "world.yaml"
    path.write_text("before", "utf-8")
    read_bytes(path)
    with pytest.raises(FileExistsError, match="one of the files that were read"):
        write_text(path, "after")
    with pytest.raises(FileExistsError, match="one of the files that were read"):
        write_text(tmp_path / "." / "world.yaml", "after")
    assert tree(tmp_path) == {"world.yaml": "before"}
    write_text(path, "after", over_input=True)
    write_text(path, "later")
    assert tree(tmp_path) == {"world.yaml": "later"}


@pytest.mark.parametrize("over_input", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_written_through_a_link(tmp_path, over_input, there):
    """Whether it leads somewhere or not."""
    target = tmp_path / "target"
    if there:
        target.write_text("before", "utf-8")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        write_text(tmp_path / "link", "after", over_input=over_input)
    assert target.exists() is there
    assert not there or target.read_text("utf-8") == "before"
    assert (tmp_path / "link").is_symlink()


def full_disk(monkeypatch, after):
    """Let every write but the first ones fail."""
    count = [0]
    synced = os.fsync

    def fsync(number):
        count[0] += 1
        if count[0] > after:
            raise OSError(28, "No space left on device")
        synced(number)

    monkeypatch.setattr(writing.os, "fsync", fsync)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    """Neither half of the new one nor anything beside it."""
    (tmp_path / "policy.json").write_text("before", "utf-8")
    full_disk(monkeypatch, 0)
    with pytest.raises(OSError, match="No space"):
        write_bytes(tmp_path / "policy.json", b"after")
    assert tree(tmp_path) == {"policy.json": "before"}


@pytest.mark.skipif(sys.platform != "linux", reason="`sync` of other systems does not wait")
def test_many_files_wait_for_the_disk_together(tmp_path, monkeypatch):
    """Before the first is in its place, and not file by file: what fails there changes nothing."""
    full_disk(monkeypatch, 0)
    texts = {f"{number}.json": "after" for number in range(101)}
    write_folder(tmp_path, texts)
    assert tree(tmp_path) == texts

    def fail():
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(writing.os, "sync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_folder(tmp_path, dict.fromkeys(texts, "later"))
    assert tree(tmp_path) == texts


def test_the_rights_of_a_file_stay(tmp_path):
    """A file that only its owner may read is still one."""
    path = tmp_path / "policy.json"
    path.write_text("before", "utf-8")
    path.chmod(0o600)
    write_text(path, "after")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_devices_and_pipes_are_written_to(capfdbinary):
    """They are not replaced by files."""
    write_text("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116 - a device
    write_text("/dev/stdout", "text")
    assert capfdbinary.readouterr().out == b"text"


def test_a_folder_is_written(tmp_path):
    """Files in folders that are new, files that change, and files that go, with their folders."""
    world = tmp_path / "new" / "world"
    write_folder(world, {"a.yaml": "a", "sub/b.yaml": "b", "sub/deep/c.yaml": "c"})
    write_folder(world, {"a.yaml": "A"}, ["sub/deep/c.yaml"])
    assert tree(world) == {"a.yaml": "A", "sub": None, "sub/b.yaml": "b"}


@pytest.mark.parametrize("after", range(4))
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, monkeypatch, after):
    """Wherever it comes, nothing is mixed."""
    write_folder(tmp_path / "world", {"a": "a", "b": "b", "c/d": "d"})
    before = tree(tmp_path)
    full_disk(monkeypatch, after)
    with pytest.raises(OSError, match="No space"):
        write_folder(
            tmp_path / "world", {"a": "A", "b": "B", "new/e": "E", "f": "F", "g": "G"}, ["c/d"]
        )
    assert tree(tmp_path) == before


@pytest.mark.parametrize("after", range(6))
def test_a_failure_while_names_change_is_undone(tmp_path, monkeypatch, after):
    """The old files come back."""
    write_folder(tmp_path / "world", {"a": "a", "b": "b", "c/d": "d"})
    before = tree(tmp_path)
    count = [0]
    for name in ("rename", "replace"):
        known = getattr(os, name)

        def change(*paths, known=known):
            count[0] += 1
            if count[0] == after + 1:
                raise OSError(5, "Input/output error")
            known(*paths)

        monkeypatch.setattr(writing.os, name, change)
    with pytest.raises(OSError, match="Input/output"):
        write_folder(tmp_path / "world", {"a": "A", "b": "B", "new/e": "E"}, ["c/d"])
    assert tree(tmp_path) == before


def test_a_folder_is_not_written_through_links(tmp_path):
    """Neither that of the folder itself nor those in it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "policies").symlink_to(outside)
    (tmp_path / "world" / "a").symlink_to(outside / "a")
    for folder, path in (("link", "a"), ("world", "policies/a"), ("world", "a")):
        with pytest.raises(OSError, match="symbolic link"):
            write_folder(tmp_path / folder, {path: "text"})
    assert tree(outside) == {}


def test_a_folder_that_stands_where_a_file_belongs_is_refused(tmp_path):
    """And nothing else is written."""
    (tmp_path / "world" / "a").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_folder(tmp_path / "world", {"0": "text", "a": "text"})
    assert tree(tmp_path / "world") == {"a": None}


def write_tree(folder, files):
    """A folder with some files, and its path."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(folder)


TREE = {
    "world.yaml": "include: [accounts/1/world.yaml]\n...\n",
    "accounts/1/world.yaml": "policies:\n  p: ../../shared/p.json\n",
    "shared/p.json": '{"a": "../x", "b": "../y"}',
}


def test_folders_with_the_same_files_are_the_same(tmp_path):
    """Byte for byte, whatever they are called."""
    one, other = write_tree(tmp_path / "one", TREE), write_tree(tmp_path / "other", TREE)
    assert same_folders(one, other)


@pytest.mark.parametrize(
    "change",
    [
        {"shared/p.json": '{"a": "../x", "b": "../z"}'},
        {"shared/q.json": "{}"},
    ],
)
def test_folders_with_other_files_are_not(tmp_path, change):
    """A byte is enough, or a file."""
    one = write_tree(tmp_path / "one", TREE)
    assert not same_folders(one, write_tree(tmp_path / "other", {**TREE, **change}))


@pytest.mark.parametrize(
    "file",
    [
        {"world.yaml": "include: [../more.yaml]\n"},
        {"accounts/1/world.yaml": "policies: {p: a/../../../../p.json}\n"},
        {"accounts/1/world.yaml": 'policies: {p: "../\\\n  ../../p.json"}\n'},
        {"world.yaml": 'include: ["\\x2e\\x2e/more.yaml"]\n'},
        {"world.json": '{"include": ["../more.yaml"]}'},
    ],
)
def test_folders_that_name_files_outside_are_not_taken_for_the_same(tmp_path, file):
    """What a relative path leads to may differ."""
    files = {**TREE, **file}
    one, other = write_tree(tmp_path / "one", files), write_tree(tmp_path / "other", files)
    assert not same_folders(one, other)


def test_linked_files_are_not_taken_for_the_same(tmp_path):
    """Nor is what is no folder."""
    one, other = write_tree(tmp_path / "one", TREE), write_tree(tmp_path / "other", TREE)
    for folder in (one, other):
        os.symlink(tmp_path / "one" / "world.yaml", f"{folder}/link.json")  # noqa: PTH211
    assert not same_folders(one, other)
    assert not same_folders(one, f"{other}/world.yaml")
    assert not same_folders(one, str(tmp_path / "none"))


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be sent SIGTERM there")
def test_a_folder_is_as_it_was_after_a_process_was_told_to_end(tmp_path):
    """SIGTERM between two files: what was prepared goes, what was there stays."""
    (tmp_path / "kept.txt").write_text("kept", encoding="utf-8")
    inside = (
        "import os, signal\n"
        "from iamsim.files.writing import write_folder\n"
        "class Texts(dict):\n"
        "    def items(self):\n"
        "        yield 'kept.txt', 'new'\n"
        "        yield 'below/other.txt', 'new'\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        yield 'last.txt', 'new'\n"
        f"write_folder({str(tmp_path)!r}, Texts())\n"
    )
    done = subprocess.run([sys.executable, "-c", inside], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")
    assert [file.name for file in tmp_path.rglob("*")] == ["kept.txt"]
    assert (tmp_path / "kept.txt").read_text(encoding="utf-8") == "kept"


WRITTEN = "arn:aws:iam::111122223333:user/u"
ASKED = ("-p", WRITTEN, "-a", "s3:ListAllMyBuckets")


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be sent SIGTERM there")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    "command",
    [
        ["report", "--world", "world.json", "-o", "out.html"],
        ["import", "aws.json", "-o", "out.html"],
        ["replay", "trail.json", "--world", "world.json", "--state", "out.html"],
        ["explain", *ASKED, "--world", "world.json", "-o", "out.html"],
    ],
    ids=lambda command: command[0] if isinstance(command, list) else command,
)
def test_a_file_is_as_it_was_after_a_process_was_told_to_end(tmp_path, command, number):
    """While its new content is synced to the disk: nothing is left beside it, and nothing is said
    of the program's own insides."""
    user = {"UserName": "u", "Arn": WRITTEN, "UserId": "AIDA", "Path": "/"}
    record = {
        "userIdentity": {"type": "IAMUser", "arn": WRITTEN, "accountId": "111122223333"},
        "eventTime": "2026-01-01T00:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "eventType": "AwsApiCall",
    }
    for name, data in (
        ("world.json", {"accounts": {"111122223333": {"users": {"u": {}}}}}),
        ("aws.json", {"UserDetailList": [user], "RoleDetailList": []}),
        ("trail.json", {"Records": [record]}),
    ):
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    inside = (
        "import os, signal, sys\n"
        "from iamsim.cli.main import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
        "sync = os.fsync\n"
        "def told(number):\n"
        "    sync(number)\n"
        f"    os.kill(os.getpid(), signal.{number})\n"
        "os.fsync = told\n"
        f"sys.exit(main({command!r}))\n"
    )
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", inside], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == (143 if number == "SIGTERM" else 130)
    assert b"Traceback" not in done.stderr
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before
