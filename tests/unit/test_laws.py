"""`iamsim.testing.laws`: sentences that hold for every request, and what a broken one shows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given

import iamsim
from iamsim.cli.main import main
from iamsim.testing import use_world
from iamsim.testing.laws import (
    Asked,
    LawBroken,
    check,
    invariant,
    never_without_mfa,
    nothing_outside_organization,
    only_in_regions,
    requests,
)
from iamsim.testing.trial import Trial
from tests.repo.conftest import ROOT

OURS, PARTNER = "111122223333", "444455556666"
SUITES = ROOT / "corpus" / "suites"


def policy(**statement):
    """A document of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def saved(tmp_path, *, role=None, bucket=None, organization=False):
    """A world with one role and one bucket; gives its path."""
    account = {
        "roles": {"app": {"policies": [role] if role else []}},
        "resources": {"arn:aws:s3:::reports": {"policy": bucket} if bucket else {}},
    }
    model = {"accounts": {OURS: account}}
    if organization:
        root = {"id": "r-ab12", "accounts": [OURS]}
        model["organization"] = {"id": "o-example", "root": root}
    path = tmp_path / "world.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def broken_by(law, world, **options):
    """Check a law that does not hold; gives what was found."""
    with pytest.raises(LawBroken) as caught:
        check(law, world, **options)
    return caught.value


def test_a_request_is_about_a_resource_of_the_region_that_it_goes_to(tmp_path):
    """Whatever Region is drawn, no request names a resource of another one."""
    condition = {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    path = saved(tmp_path, role=policy(Action="ec2:*", Resource="*", Condition=condition))
    regions = set()

    @invariant(path, examples=60)
    def law(request):
        """Regions agree."""
        region = request.context.get("aws:RequestedRegion")
        parts = request.resource.split(":")
        if region is not None and len(parts) > 3 and parts[3]:
            regions.add(region)
            assert parts[3] == region

    law()
    assert len(regions) > 1


def test_laws_are_part_of_what_tests_import():
    """`from iamsim.testing import invariant` works, and what is not there is said."""
    import iamsim.testing

    assert iamsim.testing.invariant is invariant
    with pytest.raises(AttributeError, match="no attribute `invariants`"):
        iamsim.testing.invariants  # noqa: B018 - what is tested


def test_a_law_that_holds_is_tried_on_what_is_allowed(tmp_path):
    """A law sees requests that are allowed and such that are not, or its silence would say
    nothing."""
    path = saved(tmp_path, role=policy(Action="s3:Get*", Resource="arn:aws:s3:::reports/*"))
    seen = set()

    @invariant(path, examples=20)
    def law(request):
        """Reading is all."""
        seen.add((request.allowed, request.action))
        assert request.allowed is not request.denied
        return request.denied or request.service == "s3"

    law()
    assert (True, "s3:GetObject") in seen
    assert {allowed for allowed, _ in seen} == {True, False}


def test_what_breaks_a_law_is_plain_and_explained(tmp_path):
    """Keys that play no part are left out; the message has the sentence, the request and the
    deciding line."""
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1", "s3:prefix": "a"}}
    path = saved(tmp_path, role=policy(Action="s3:ListBucket", Resource="*", Condition=condition))

    def law(request):
        """Nobody lists."""
        return request.denied

    found = broken_by(law, path)
    assert dict(found.request.context) == {"aws:RequestedRegion": "eu-west-1", "s3:prefix": "a"}
    text = str(found)
    assert text.startswith("the law is broken: Nobody lists\nby arn:aws:iam::")
    assert "with s3:prefix = a" in text
    assert "decided by: statement 1" in text
    found = broken_by(lambda request: request.resource == "", path)
    assert dict(found.request.context) == {}


def test_an_assertion_tells_its_own_story(tmp_path):
    """The message of an assertion in the law is shown."""
    path = saved(tmp_path, role=policy(Action="sqs:*", Resource="*"))

    def test_no_queues(request):
        """No queues."""
        assert request.denied, f"{request.action} is for machines"

    text = str(broken_by(test_no_queues, path))
    assert text.startswith("the law is broken: No queues\nsqs:")
    assert " is for machines" in text


def test_combinations_of_values_are_left_to_hypothesis(tmp_path):
    """A law about two keys at once is broken by a drawn context."""
    deny = {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    document = policy(Action="s3:GetObject", Resource="*")
    document["Statement"].append(
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": deny}
    )
    path = saved(tmp_path, role=document)

    def law(request):
        return request.decision.verdict.value != "explicitDeny"

    found = broken_by(law, path)
    assert found.request.context["aws:SecureTransport"] == "false"
    assert found.request.context["aws:SourceIp"].startswith("10.")


def test_the_scope_says_what_is_drawn(tmp_path):
    """Patterns pick principals, actions and resources; keys have the values that are given."""
    world = iamsim.load(saved(tmp_path, role=policy(Action="s3:*", Resource="*")))

    @given(
        requests(
            world,
            principals=["*:role/*"],
            actions=["s3:Get*"],
            except_actions=["*Acl"],
            resources=["arn:aws:s3:::reports/*"],
            context={"aws:SourceIp": ["192.0.2.1", None]},
        )
    )
    def holds(request):
        assert request.principal.endswith("role/app")
        assert request.action.startswith("s3:Get")
        assert not request.action.endswith("Acl")
        assert request.resource.startswith("arn:aws:s3:::reports/")
        assert request.context.get("aws:SourceIp") in {"192.0.2.1", None}
        assert isinstance(request, Asked)

    holds()
    with pytest.raises(ValueError, match="no principal of the world"):
        requests(world, principals="nobody")
    with pytest.raises(TypeError, match="no option `principal`; they have actions, context"):
        requests(world, principal=["*"])


@pytest.mark.parametrize("organization", [True, False])
def test_nothing_outside_the_organization(tmp_path, organization):
    """Strangers, anonymous requests and named accounts are tried; AWS services are inside."""
    inside = policy(
        Action="s3:GetObject",
        Resource="arn:aws:s3:::reports/*",
        Principal={"AWS": OURS, "Service": "logging.s3.amazonaws.com"},
    )
    nothing_outside_organization(saved(tmp_path, bucket=inside, organization=organization))()
    for principal in ("*", {"AWS": PARTNER}, {"AWS": f"arn:aws:iam::{PARTNER}:role/x"}):
        opened = {**inside, "Statement": [{**inside["Statement"][0], "Principal": principal}]}
        path = saved(tmp_path, bucket=opened, organization=organization)
        with pytest.raises(LawBroken, match="nothing outside the organization"):
            nothing_outside_organization(path)()


def test_only_in_regions():
    """The region lock of the corpus holds for its member accounts, and not for the management
    account."""
    world = SUITES / "region-lock" / "world.yaml"
    regions = ["eu-north-1", "eu-west-1"]
    exempt = ["*:role/network-operations"]
    only_in_regions(regions, world, except_principals=[*exempt, "*:957312468033:*"])()
    with pytest.raises(LawBroken, match="957312468033:user/owner"):
        only_in_regions(regions, world, except_principals=exempt)()
    with pytest.raises(LawBroken, match=r"eu-(north|west)-1"):
        only_in_regions(["us-east-1", "ap-southeast-2"], world, principals=["*developer"])()


def test_never_without_mfa():
    """The break glass role of the corpus asks for a second factor, another role does not."""
    world = SUITES / "break-glass" / "world.yaml"
    never_without_mfa(world, actions=["sts:AssumeRole"], resources=["*/break-glass"])()
    with pytest.raises(LawBroken, match="role/night-shift"):
        never_without_mfa(world, actions=["sts:AssumeRole"])()


def test_what_was_found_becomes_a_case(tmp_path, capsys):
    """The case fails until the policies are mended; the same request is not added twice."""
    bucket = policy(Action="s3:GetObject", Resource="arn:aws:s3:::reports/*", Principal="*")
    path = saved(tmp_path, bucket=bucket, role=policy(Action="s3:ListBucket", Resource="*"))
    found = tmp_path / "found.iamtest.yaml"
    world = iamsim.load(path)
    for _ in range(2):
        text = str(broken_by(lambda request: request.from_organization, world, save_to=found))
        assert f"It is a case of {found} now" in text
    assert found.read_text("utf-8").count("- name:") == 1
    broken_by(lambda request: request.action != "s3:ListBucket", path, save_to=found)
    assert found.read_text("utf-8").count("- name:") == 2
    assert main(["test", str(found), "-q"]) == 1
    assert "2 failed" in capsys.readouterr().out
    saved(tmp_path)
    assert main(["test", str(found), "-q"]) == 0


def test_a_world_in_use_or_none(tmp_path):
    """The current world is asked; without one, an error says what to do."""
    path = saved(tmp_path, role=policy(Action="s3:GetObject", Resource="*"))
    with pytest.raises(ValueError, match="a law needs a world"):
        check(lambda request: True)
    with use_world(iamsim.load(path)), pytest.raises(LawBroken):
        check(lambda request: request.denied)


def test_the_same_law_tries_the_same_requests(tmp_path):
    """A build does not fail one day and pass the next."""
    path = saved(tmp_path, role=policy(Action="s3:*", Resource="*"))
    runs = []
    for _ in range(2):
        seen = []
        check(lambda request, seen=seen: seen.append(repr(request)) or True, path, examples=30)
        runs.append(seen)
    assert runs[0] == runs[1]


def test_laws_are_tests_for_pytest(pytester, tmp_path):
    """Laws are collected by name; one without a world takes the fixture; a ready-made one is a
    test under the name that it is given."""
    path = saved(tmp_path, role=policy(Action="s3:GetObject", Resource="*"))
    pytester.makepyfile(
        f"""
        from iamsim.testing.laws import check, invariant, nothing_outside_organization

        test_perimeter = nothing_outside_organization({str(path)!r})

        @invariant()
        def test_nobody_reads(request):
            return request.denied

        def test_by_hand(world):
            check(lambda request: request.service == "s3", world)
        """
    )
    result = pytester.runpytest_subprocess(
        "-p", "no:randomly", "-p", "no:cacheprovider", "--iamsim-world", str(path)
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*the law is broken: nobody reads*"])


def test_hypothesis_is_loaded_when_a_law_is_tried():
    """Importing the module costs no third-party package."""
    program = "import sys, iamsim.testing.laws; print('hypothesis' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


SNIPPET = """
import iamsim
from iamsim.testing import assert_allowed, can
from iamsim.testing.laws import Asked, check, invariant, never_without_mfa, requests

@invariant("world.yaml", principals=["*"], examples=10, save_to="found.iamtest.yaml")
def test_law(request: Asked) -> bool:
    reveal_type(request.allowed)
    return request.denied or request.service == "s3"

world = iamsim.load("world.yaml")
test_mfa = never_without_mfa(world, actions=["iam:*"])
reveal_type(requests(world))
reveal_type(assert_allowed(world, principal="p", action="s3:GetObject").allowed)
reveal_type(bool(can("p").do("s3:GetObject").on("*")))
check(lambda request: request.nothing, world)
invariant(world, tags=["x"])
"""


@pytest.mark.timeout(300)
def test_users_tests_are_typed(tmp_path):
    """A type checker knows what a law gets, and finds a misspelled option."""
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET, encoding="utf-8")
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [
        line.split(": ", 1)[1].replace("._internal.strategies", "")
        for line in done.stdout.splitlines()
        if "error:" in line or "Revealed" in line
    ]
    assert lines == [
        'note: Revealed type is "bool"',
        'note: Revealed type is "hypothesis.strategies.SearchStrategy[iamsim.testing.trial.Asked]"',
        'note: Revealed type is "bool"',
        'note: Revealed type is "bool"',
        'error: "Asked" has no attribute "nothing"  [attr-defined]',
        'error: Unexpected keyword argument "tags" for "invariant"  [call-arg]',
    ]


def test_a_law_that_is_proved_tries_nothing(tmp_path, monkeypatch):
    """A claim comes first: where it is proved, no request is tried; where it is refuted, the
    request of the proof breaks the law even if the search misses it."""

    def never(*_arguments):
        raise AssertionError("nothing should be tried")

    inside = policy(
        Action="s3:GetObject", Resource="arn:aws:s3:::reports/*", Principal={"AWS": OURS}
    )
    with monkeypatch.context() as patched:
        patched.setattr(Trial, "sweep", never)
        nothing_outside_organization(saved(tmp_path, bucket=inside))()
    partner = {"StringEquals": {"aws:PrincipalOrgID": "o-partner0000"}}
    opened = policy(
        Action="s3:GetObject", Resource="arn:aws:s3:::reports/*", Principal="*", Condition=partner
    )
    monkeypatch.setattr(Trial, "sweep", lambda *_arguments: None)
    monkeypatch.setattr(Trial, "draw", lambda *_arguments: None)
    with pytest.raises(LawBroken, match="o-partner0000"):
        nothing_outside_organization(saved(tmp_path, bucket=opened))()


def test_the_default_policies_of_aws_break_no_law(tmp_path):
    """Whoever is outside is not the owner that the default policy of a topic asks for, and calls
    from another account than that of `kms:CallerAccount`."""
    topic = "arn:aws:sns:eu-west-1:111122223333:alarms"
    default = policy(
        Action=["SNS:Publish", "SNS:Subscribe"],
        Resource=topic,
        Principal={"AWS": "*"},
        Condition={"StringEquals": {"AWS:SourceOwner": "111122223333"}},
    )
    key = "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-1111-1111-111111111111"
    own = policy(
        Action="kms:Decrypt",
        Resource="*",
        Principal={"AWS": "*"},
        Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}},
    )
    world = {
        "organization": {
            "id": "o-ours000000",
            "root": {"id": "r-ab12", "accounts": ["111122223333"]},
        },
        "accounts": {
            "111122223333": {"resources": {topic: {"policy": default}, key: {"policy": own}}}
        },
    }
    path = tmp_path / "defaults.json"
    path.write_text(json.dumps(world), encoding="utf-8")
    nothing_outside_organization(path)()
