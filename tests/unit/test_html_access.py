"""The pages about whole worlds hold what the JSON of the same command holds."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main
from tests.unit.pages import find_all, read_page, text_of
from tests.unit.questions import A, B, allow, deny, policy

EVIL = "<script>alert(1)</script>"
REPORTS = "arn:aws:s3:::reports"
ASSUME = policy(
    allow(Principal={"AWS": f"arn:aws:iam::{A}:user/maya"}, Action="sts:AssumeRole", Resource=None)
)
WORLD = {
    "organization": {
        "id": "o-1",
        "management_account": "999999999999",
        "root": {
            "id": "r-ab12",
            "accounts": [A],
            "scps": ["FullAWSAccess", policy(deny(Action="s3:DeleteObject"))],
        },
    },
    "accounts": {
        A: {
            "users": {
                "maya": {
                    "policies": [
                        policy(allow(Action="sts:AssumeRole"), allow(Sid=EVIL, Action="s3:*"))
                    ]
                },
                "noel": {
                    "policies": [
                        policy(
                            allow(
                                Action="s3:GetObject",
                                Condition={"StringEquals": {"aws:SourceVpc": EVIL}},
                            )
                        )
                    ]
                },
            },
            "roles": {"admin": {"trust": ASSUME, "policies": [policy(allow())]}},
            "resources": {
                REPORTS: {
                    "policy": policy(
                        allow(Principal="*", Action="s3:GetObject", Resource=f"{REPORTS}/public/*"),
                        allow(Principal={"AWS": B}, Action="s3:GetObject", Resource=f"{REPORTS}/*"),
                    )
                }
            },
        }
    },
}


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Run a command twice: gives its page, and its JSON."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.json").write_text(json.dumps(WORLD), encoding="utf-8")

    def run(*arguments):
        for form in ("html", "json"):
            assert (
                main([*arguments, "--world", "world.json", "--format", form, "-o", f"out.{form}"])
                == 0
            )
        page = read_page((tmp_path / "out.html").read_text("utf-8"))
        return page, json.loads((tmp_path / "out.json").read_text("utf-8"))

    return run


def rows_of(page, name):
    """The rows of a table, each as the texts of its cells."""
    (table,) = [entry for entry in page.iter() if entry.get("id") == name]
    return [[text_of(cell) for cell in row] for row in table.iter("tr")][1:]


def test_who_can(both):
    """A row each access, with what it depends on."""
    page, data = both("who-can", "s3:GetObject", f"{REPORTS}/a")
    rows = rows_of(page, "access")
    assert [row[0] for row in rows] == [entry["principal"] for entry in data["access"]]
    noel = next(row for row in rows if row[0].endswith("user/noel"))
    assert noel[4] == "conditional"
    assert EVIL in noel[5]
    page, data = both("who-can", "s3:DeleteObject", f"{REPORTS}/a", "--not")
    assert len(rows_of(page, "blocked")) == len(data["blocked"]) > 0
    assert "service control policy" in rows_of(page, "blocked")[0][-1]


def test_what_can(both):
    """A row each action, and a table of services."""
    page, data = both("what-can", f"arn:aws:iam::{A}:user/maya")
    actions = [action["action"] for service in data["services"] for action in service["actions"]]
    assert [row[1] for row in rows_of(page, "actions")] == actions
    assert [row[0] for row in rows_of(page, "services")] == [
        entry["service"] for entry in data["services"]
    ]


def test_matrix(both):
    """A column each request; what decides is said for every cell."""
    page, data = both(
        "access-matrix", "-a", "s3:GetObject", "-a", "s3:PutObject", "-r", f"{REPORTS}/a"
    )
    assert len(rows_of(page, "matrix")) == len(data["rows"])
    assert len(rows_of(page, "reasons")) == 2 * len(data["rows"])
    assert all(any(row[6:]) for row in rows_of(page, "reasons"))


def test_paths(both):
    """A row each way, and who is there already."""
    page, data = both("paths", "--blocked")
    ways = [way for chain in data["paths"] for way in chain["ways"]]
    rows = rows_of(page, "paths")
    assert len(rows) == len(ways) > 0
    assert rows[0][0] == f"arn:aws:iam::{A}:user/maya"
    assert [row[0] for row in rows_of(page, "already")] == data["already"]


def test_findings(both):
    """A row each finding; public access is said first, and what guardrails keep inside has a
    table."""
    page, data = both("findings")
    rows = rows_of(page, "findings")
    assert len(rows) == len(data["findings"]) > 1
    assert find_all(page, "span", "badge")[0].text == "public access"
    assert {row[2] for row in rows} == {"public", "ExternalAccess"}
    assert text_of(next(page.iter("title"))).startswith("public access: ")
