"""The oracle against the acceptance scenarios, where their folder lies beside the repository."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import decide

FOLDER = Path(__file__).parents[2].parent / "shared" / "acceptance"
LAYERS = ["identity_policies", "resource_policy", "boundary", "session_policies"]
LAYERS += ["scps", "rcps", "vpce_policies", "public_access_block"]


def read(path: Path) -> Any:
    """Read YAML with every scalar but null as text, as the scenario format has it."""
    import yaml

    loader: Any = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})
    loader.yaml_implicit_resolvers = {
        letter: [pair for pair in pairs if pair[0].endswith(":null")]
        for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 (a safe loader)


def questions(scenario: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Give (the request as written, one complete question) for each action and resource of it."""
    shared = {name: scenario[name] for name in LAYERS if name in scenario}
    defaults = scenario.get("defaults") or {}
    found = []
    for written in scenario["requests"]:
        whole = {**shared, **defaults, **written}
        if "call" in whole:
            continue  # the package makes requests of it, which the oracle can't check
        whole["context"] = {**defaults.get("context", {}), **written.get("context", {})}
        choices = [whole["action"], whole.get("resource", "*")]
        several = [choice if isinstance(choice, list) else [choice] for choice in choices]
        for action, resource in product(*several):
            found.append((written, {**whole, "action": action, "resource": resource}))
    return found


def test_the_acceptance_scenarios() -> None:
    """Decision and deciding layer are those that the scenarios expect, unknown keys apart."""
    files = [file for file in FOLDER.glob("*/*.yaml") if file.parent.name != "unknown-keys"]
    if not files:
        pytest.skip(reason="the acceptance scenarios are not part of the repository")
    for file in files:
        scenario = read(file)
        for written, question in questions(scenario):
            answer = decide(question, scenario.get("world"))
            fitting = [answer["decision"]]
            fitting += ["denied"] if answer["decision"] != "allowed" else []
            assert written["expect"] in fitting, (file.name, written["name"])
            assert written.get("because", answer["layer"]) == answer["layer"], written["name"]
