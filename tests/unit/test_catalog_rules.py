"""The facts of services and single actions: the file is sound, and what it says is found."""

from __future__ import annotations

import sys
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from iamsim import catalog
from iamsim.catalog.rules import (
    PLAIN,
    action_rules,
    ruled_services,
    rules_date,
    service_rules,
)

FACTS = {
    *("own-account", "any-account", "identity-only", "any-policy", "no-policy"),
    *("services-only", "both-policies", "own-account-if-signed"),
    *("unsigned", "signed", "management", "organization", "delegated", "member", "anyone"),
    *("refused-on", "signed-on", "root-unlocks", "no-root", "identity-pool-only", "no-rcp"),
}
# Newer than the service reference, or calls that it leaves out since no policy controls them.
NOT_IN_THE_REFERENCE = {"apiportal", "sso-oidc", "sso-oauth", "sso", "cognito-idp", "signin"}
NOT_IN_THE_REFERENCE |= {"aco-automation", "bedrock", "cloudtrail", "detective"}


def test_the_file_is_in_order() -> None:
    """Sections are sorted and each once; the day is one."""
    services = ruled_services()
    assert list(services) == sorted(set(services))
    assert rules_date().count("-") == 2


@pytest.mark.parametrize("service", ruled_services())
def test_a_section_says_known_things_of_known_actions(service: str) -> None:
    """Each fact is one of the words that the engine reads, has a page of AWS, is about objects that
    the section describes, and about actions of the service reference."""
    rules = service_rules(service)
    objects = {name for name, _ in rules.objects}
    known = {name.lower() for name in catalog.action_names(service)}
    assert rules.facts()
    for fact, names, page, _ in rules.facts():
        word, _, about = fact.rstrip("?").partition(" ")
        assert word in FACTS
        assert bool(about) == (word in {"refused-on", "signed-on"})
        assert not about or about in objects
        assert page.startswith("https://docs.aws.amazon.com/")
        if service not in NOT_IN_THE_REFERENCE:
            assert {name.lower() for name in names} - {"*"} <= known


def test_an_action_has_its_own_facts_and_those_of_its_service() -> None:
    """What a section says of all others holds where it says nothing of the same matter."""
    decrypt, policy = action_rules("kms:decrypt"), action_rules("kms:putkeypolicy")
    assert (decrypt.reach, policy.reach) == ("any-account", "own-account")
    assert policy.refused_on == {"aws-managed-key"}
    assert action_rules("kms:retiregrant").no_rcp
    assert action_rules("s3:putbucketpolicy").root_unlocks
    assert action_rules("s3:getobject").signed_on == {"access-point"}
    assert action_rules("lambda:createfunction").unsettled == {"own-account?"}
    assert action_rules("lambda:invokefunction").reach == "any-account"
    assert action_rules("ec2:startinstances") is PLAIN
    assert action_rules("nobody:knows") is PLAIN


def test_the_principal_of_a_service_is_its_own() -> None:
    """Most are named by the prefix."""
    assert service_rules("config").principal == "config.amazonaws.com"
    assert service_rules("macie2").principal == "macie.amazonaws.com"


def test_the_page_of_a_fact_names_the_operation() -> None:
    """A page of an API names the operation, in AWS's letters; older facts have a date."""
    assert service_rules("kms").page("PUTKEYPOLICY", "own-account") == (
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html",
        None,
    )
    page = service_rules("lambda").page("CreateFunction", "own-account")
    assert page is not None
    assert page[1] == "2022-11"
    assert service_rules("kms").page("Decrypt", "member") is None


SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "mine_operations.py"


@pytest.mark.skipif(version("botocore") != "1.44.8", reason="the texts of another botocore")
def test_every_sentence_that_was_mined_is_judged() -> None:
    """What botocore's texts say of callers, accounts, signatures and refusals stands in the file or
    was left for a reason, and the counts in the documentation are those of today's texts."""
    spec = spec_from_file_location("mine_operations", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = sys.modules["mine_operations"] = module_from_spec(spec)
    spec.loader.exec_module(script)
    read, not_judged = script.mined()
    assert not_judged == []
    assert read == script.judged()
