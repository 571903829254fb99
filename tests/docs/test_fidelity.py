"""The page about fidelity is true: it is current, and rules and cases know each other."""

from __future__ import annotations

import re
import sys

from iamsim.core.reason import Note
from iamsim.world.documents import read_document
from tests.repo.conftest import ROOT, run

CASES = ROOT / "corpus" / "conformance"
RULES_FILE = ROOT / "corpus" / "rules.yaml"


def load(path):
    """Read YAML with every scalar as text."""
    return read_document(path).data


DOCUMENT = load(RULES_FILE)
ENTRIES = [item for theme in DOCUMENT["themes"] for item in theme["rules"].items()]
RULES = dict(ENTRIES)
RULES_OF_FILES = {
    path.relative_to(CASES).as_posix(): load(path)["rules"]
    for path in sorted(CASES.rglob("*.yaml"))
}
USED = {name for names in RULES_OF_FILES.values() for name in names}


def test_the_page_is_current():
    """The page is what its script writes from the rules and the cases of today."""
    script = str(ROOT / "scripts" / "write_fidelity.py")
    done = run(sys.executable, script, "--check", cwd=ROOT, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_rules_stand_once():
    """No id of a rule is used twice, within a theme or across themes."""
    ids = re.findall(r'^      "?([\w.-]+)"?:$', RULES_FILE.read_text("utf-8"), re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(ENTRIES) == len(RULES)


def test_cases_name_rules_that_exist():
    """Every rule that a file of the corpus names has an entry."""
    for path, names in RULES_OF_FILES.items():
        assert set(names) <= set(RULES), path


def test_modelled_rules_have_a_case_or_say_why_not():
    """A rule that is modelled, even in part, has a case or the reason why it can't have one; a rule
    that is not modelled has neither."""
    for name, entry in RULES.items():
        modelled = entry.get("modelled", "yes") != "no"
        assert (name in USED, "no_case" in entry).count(True) == modelled, name


def test_entries_are_complete():
    """An entry is a sentence with a page, says what is missing, and how open points are read."""
    for name, entry in RULES.items():
        sentences = [entry[key] for key in ("says", "instead", "reading") if key in entry]
        assert all(text.endswith(".") for text in sentences), name
        assert ("instead" in entry) is (entry.get("modelled", "yes") != "yes"), name
        if entry.get("certainty") in {"unsure", "conflict"}:
            assert "reading" in entry or "instead" in entry, name


def test_pages_are_of_aws_and_used():
    """Every page that the rules refer to is one of AWS's, and none is left over."""
    used = set()
    for entry in RULES.values():
        used.update([entry["page"]] if isinstance(entry["page"], str) else entry["page"])
    assert used == set(DOCUMENT["pages"])
    addresses = [address for _, address in DOCUMENT["pages"].values()]
    assert all(re.match(r"https://(docs\.)?aws\.amazon\.com/", address) for address in addresses)
    assert len(addresses) == len(set(addresses))


def test_documented_rules_rest_on_documented_cases():
    """A rule that counts as documented has, where it has cases, one that the pages state."""
    evidence = {}
    for path, names in RULES_OF_FILES.items():
        for name in names:
            evidence.setdefault(name, set()).add(load(CASES / path)["evidence"])
    weak = [
        name
        for name, kinds in evidence.items()
        if RULES[name].get("certainty", "documented") == "documented"
        and "documentation" not in kinds
    ]
    # The combination of operators is stated, the one case about all of it combines further.
    assert weak == ["8.1"]


def test_what_no_page_settles_carries_a_note():
    """An open point has a note that answers carry where it decides, or says why it needs none."""
    for name, entry in RULES.items():
        if entry.get("certainty") in {"unsure", "conflict"}:
            assert ("note" in entry) is not ("no_note" in entry), name
        else:
            assert "no_note" not in entry, name


def test_every_note_belongs_to_a_rule():
    """The notes that answers can carry are those that the rules name, and those about the
    world."""
    named = set()
    for entry in RULES.values():
        note = entry.get("note", [])
        named.update([note] if isinstance(note, str) else note)
    about_the_world = {
        "account-in-no-unit",
        "bucket-owner-allowed-elsewhere",
        "bucket-owner-assumed",
        "bucket-owner-conditional-elsewhere",
        "bucket-owner-denied-elsewhere",
        "sources-unverified",
        "unknown-endpoint-in-world",
        "unknown-principal-in-world",
        "unknown-resource-in-world",
    }
    assert named | about_the_world == {note.value for note in Note}


def test_what_is_missing_is_sorted_by_risk():
    """First what can be answered *allowed* where AWS denies."""
    page = (ROOT / "docs/reference/fidelity.md").read_text(encoding="utf-8")
    table = page.partition("## What is not modelled")[2].partition("\n## ")[0]
    risks = re.findall(
        r"^\| (\w[^|]*?) \| [\w.-]+(?: to [\w.-]+)? \| (?:no|partly) \|", table, re.MULTILINE
    )
    order = ["allowed where AWS denies", "denied where AWS allows", "no other decision"]
    assert list(dict.fromkeys(risks)) == order
    assert risks == sorted(risks, key=order.index)
