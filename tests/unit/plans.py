"""Small Terraform plans for the tests of their importer."""

from __future__ import annotations

import json

from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def resource(address: str, values: dict[str, object], unknown: object = None, **more: object):
    """Make the record of a resource that a plan creates."""
    kind, name = address.split("[", maxsplit=1)[0].rsplit(".", 2)[-2:]
    change = {
        "actions": ["create"],
        "before": None,
        "after": values,
        "after_unknown": unknown or {},
    }
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": change,
    } | more


def references(*texts: str) -> dict[str, object]:
    """Make an expression that refers to something."""
    return {"references": list(texts)}


def imported(tmp_path, changes: list[object], module: object = None, **more: object):
    """Import a plan of some changes and a root module."""
    options = more.pop("options", SourceOptions(account="111122223333", region="eu-west-1"))
    plan = {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": module or {}},
    } | more
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    return import_sources([str(file)], options=options)


def config(address: str, **expressions: object) -> dict[str, object]:
    """Make the configuration of a resource."""
    kind, name = address.split(".")
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "expressions": expressions,
    }


def account_of(found) -> dict[str, object]:
    """Give the one account."""
    return found.data["accounts"]["111122223333"]
