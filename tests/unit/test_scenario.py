"""Scenario files: what they become, and what is wrong with wrong ones."""

from __future__ import annotations

import json

import pytest

from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.core.errors import PolicyError, WorldError
from iamsim.engine.world import CompiledWorld
from iamsim.suites.policies import PolicyReader, resource_policy_type
from iamsim.suites.run import fits, run_request, run_scenario
from iamsim.suites.scenario import load_scenario, scenario_from_data
from iamsim.world.documents import parse_document

USER = "arn:aws:iam::111122223333:user/nora"
ALLOW = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}"
DENY = "{Version: 2012-10-17, Statement: [{Effect: Deny, Action: 's3:*', Resource: '*'}]}"
HEAD = f"""title: A case
identity_policies: [{ALLOW}]
requests:
- name: first
  principal: {USER}
  action: s3:GetObject
  resource: arn:aws:s3:::b/a
"""


def scenario_of(text: str, folder: str = ""):
    """Read a scenario from YAML text."""
    return scenario_from_data(parse_document(text, "case.yaml", folder=folder))


def questions_of(text: str):
    """The questions of the first request."""
    return scenario_of(text).requests[0].questions


def test_a_request_is_a_question():
    """Principal, action and resource stand in the question as they stand in the file."""
    (question,) = questions_of(HEAD)
    assert (question.principal, question.action) == (USER, "s3:GetObject")
    assert question.resource == "arn:aws:s3:::b/a"
    assert question.attached.scps is None
    assert len(question.attached.identity_policies or ()) == 1


def test_lists_of_actions_and_resources_make_pairs():
    """Every action meets every resource, actions outermost."""
    text = HEAD.replace("action: s3:GetObject", "action: [s3:GetObject, s3:PutObject]")
    text = text.replace("resource: arn:aws:s3:::b/a", "resource: [x, y]")
    pairs = [(question.action, question.resource) for question in questions_of(text)]
    assert pairs == [
        ("s3:GetObject", "x"),
        ("s3:GetObject", "y"),
        ("s3:PutObject", "x"),
        ("s3:PutObject", "y"),
    ]


def test_everything_about_a_request_is_read():
    """Session, way, context, unknown keys, account and attached policies reach the question."""
    (question,) = questions_of(
        HEAD
        + f"""  context: {{"aws:TagKeys": [a, b], "aws:SourceIp": 10.0.0.1}}
  session: {{name: s1, tags: {{team: blue}}, transitive_tags: [team],
            source_identity: al, source_user: u,
            policies: [{ALLOW}]}}
  via: {{vpc_endpoint: vpce-1, service: cloudformation.amazonaws.com}}
  unknown: ["aws:SourceVpce"]
  partial: "true"
  resource_account: "444455556666"
  boundary: {ALLOW}
  session_policies: [{ALLOW}]
  scps: [[{ALLOW}], []]
  rcps: [[]]
  vpce_policies: []
  public_access_block: {{restrict_public_buckets: "true"}}
"""
    )
    assert question.context == {"aws:TagKeys": ("a", "b"), "aws:SourceIp": "10.0.0.1"}
    session = question.session
    assert (session.name, session.source_identity) == ("s1", "al")
    assert session.source_user == "u"
    assert (session.tags, session.transitive_tags) == ({"team": "blue"}, ("team",))
    assert len(session.policies or ()) == 1
    assert question.via.vpc_endpoint == "vpce-1"
    assert question.via.services == ("cloudformation.amazonaws.com",)
    assert (question.unknown, question.partial) == ({"aws:SourceVpce"}, True)
    assert question.resource_account == "444455556666"
    attached = question.attached
    assert attached.resource_policy is None
    assert attached.boundary is not None
    assert [len(level) for level in attached.scps or ()] == [1, 0]
    assert attached.rcps == ((),)
    assert attached.vpce_policies == ()
    assert attached.public_access_block == {"restrict_public_buckets": True}


def test_settings_of_block_public_access_go_by_both_names():
    """The names of AWS mean the same, and one that nobody reads is an error at its place."""
    text = f"""title: t
requests: [{{principal: {USER}, action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}}]
public_access_block: {{RestrictPublicBuckets: true}}
"""
    (request,) = scenario_of(text).requests
    (question,) = request.questions
    assert question.attached.public_access_block == {"restrict_public_buckets": True}
    with pytest.raises(WorldError) as raised:
        scenario_of(text.replace("RestrictPublicBuckets", "restrict_public_bucket"))
    assert raised.value.code == "unknown-key"
    assert "restrict_public_buckets" in (raised.value.hint or "")


@pytest.mark.parametrize("place", ["requests", "defaults"])
def test_an_account_is_twelve_digits(place):
    """The account of a resource that is none is an error at its place."""
    text = f"""title: t
{place}: {{resource_account: prod}}
requests: [{{principal: {USER}, action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}}]
"""
    if place == "requests":
        text = HEAD + "  resource_account: prod\n"
    with pytest.raises(WorldError) as raised:
        scenario_of(text)
    assert raised.value.code == "invalid-account-id"
    assert raised.value.span is not None
    assert "prod" in raised.value.span.source.text[raised.value.span.start :][:6]


def test_defaults_are_overridden_by_requests():
    """What a request says wins over `defaults`; contexts are merged key by key."""
    scenario = scenario_of(f"""title: t
defaults:
  principal: {USER}
  action: s3:GetObject
  resource: r
  context: {{a:k: "1", a:l: "2"}}
  via: {{service: x.amazonaws.com}}
  session: {{name: s, policies: [{ALLOW}]}}
requests:
- {{}}
- {{action: s3:PutObject, context: {{a:l: "3"}}, session: {{name: other}}}}
""")
    first, second = (request.questions[0] for request in scenario.requests)
    assert (first.action, second.action) == ("s3:GetObject", "s3:PutObject")
    assert second.context == {"a:k": "1", "a:l": "3"}
    assert (first.session.name, second.session.name) == ("s", "other")
    assert first.session.policies
    assert first.via.services == ("x.amazonaws.com",)
    assert [request.name for request in scenario.requests] == ["request 1", "request 2"]


def test_policies_of_a_request_replace_those_of_the_scenario():
    """A layer named on a request stands instead of the scenario's; `null` takes it away."""
    scenario = scenario_of(HEAD + "  identity_policies: []\n")
    assert scenario.requests[0].questions[0].attached.identity_policies == ()
    scenario = scenario_of(HEAD + "  identity_policies: null\n")
    assert scenario.requests[0].questions[0].attached.identity_policies is None


def test_places_of_inline_policies_are_lines_of_the_scenario():
    """A statement of an inline policy is found at its line and column in the scenario file."""
    scenario = scenario_of(HEAD)
    (policy,) = scenario.requests[0].questions[0].attached.identity_policies or ()
    span = policy.span(policy.statements[0].path)
    assert span.place.startswith("case.yaml:2:")
    assert span.text.startswith("{Effect: Allow")


def test_shared_policies_are_read_once():
    """Requests that share a policy share the same object, so that it is compiled once."""
    scenario = scenario_of(HEAD + HEAD.partition("requests:\n")[2])
    first, second = (request.questions[0].attached for request in scenario.requests)
    assert first.identity_policies[0] is second.identity_policies[0]


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/app", PolicyType.TRUST),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/app", PolicyType.RESOURCE),
        ("s3:GetObject", "arn:aws:s3:::b/a", PolicyType.RESOURCE),
        ("s3:ListAllMyBuckets", "*", PolicyType.RESOURCE),
    ],
)
def test_the_resource_policy_of_a_role_is_its_trust_policy(action, resource, expected):
    """A trust policy may leave Resource out, so it is read as what it is."""
    assert resource_policy_type(action, resource) is expected


LAYERS = (
    " use one of `service-control-policy`, `resource-control-policy`, `resource-based-policy`,"
    " `identity-based-policy`, `permissions-boundary`, `session-policy`, `vpc-endpoint-policy` or"
    " `s3-block-public-access`"
)


@pytest.mark.parametrize(
    ("change", "code", "line", "message", "hint"),
    [
        (
            ("title: A case", "titel: A case"),
            "unknown-key",
            1,
            "`titel` is not a key of a scenario",
            "did you mean `title`?",
        ),
        (
            ("  action:", "  actoin:"),
            "unknown-key",
            6,
            "`actoin` is not a key of a request",
            "did you mean `action`?",
        ),
        (
            ("requests:", "matrx: {}\nrequests:"),
            "unknown-key",
            3,
            "`matrx` is not a key of a scenario",
            "did you mean `matrix`? that is a key of a request",
        ),
        (
            ("  resource:", "  titel: x\n  resource:"),
            "unknown-key",
            7,
            "`titel` is not a key of a request",
            "did you mean `title`? that is a key of a scenario",
        ),
        *(
            (
                ("  resource:", f"  because: {word}\n  resource:"),
                "unknown-value",
                7,
                f"`{word}` is not a value of `because`",
                f"did you mean `{layer}`?{LAYERS}",
            )
            for word, layer in [
                ("boundry", "permissions-boundary"),
                ("scp", "service-control-policy"),
                ("RCP", "resource-control-policy"),
                ("identity", "identity-based-policy"),
                ("session-polcy", "session-policy"),
            ]
        ),
        (("title: A case\n", ""), "missing-key", 1, "a scenario needs the key `title`", None),
        (
            ("  action: s3:GetObject\n", ""),
            "missing-key",
            4,
            "a request needs the key `action`",
            None,
        ),
        (
            ("  resource:", "  expect: denyed\n  resource:"),
            "unknown-value",
            7,
            "`denyed` is not a value of `expect`",
            (
                "did you mean `denied`? use one of `allowed`, `denied`, `explicitDeny`,"
                " `implicitDeny` or `conditional`"
            ),
        ),
        (
            ("  resource:", "  context: [a]\n  resource:"),
            "wrong-type",
            7,
            "`context` must be a map of keys and values",
            None,
        ),
        (
            ("  resource:", "  context: {a:k: {}}\n  resource:"),
            "wrong-type",
            7,
            "the value of `a:k` must be text or a list of texts",
            "leave a key out when the request does not have it",
        ),
        (
            ("  resource:", "  partial: perhaps\n  resource:"),
            "wrong-type",
            7,
            "`partial` must be true or false",
            None,
        ),
        (
            ("action: s3:GetObject", "action: []"),
            "empty-list",
            6,
            "`action` needs at least one entry",
            None,
        ),
        (
            ("  resource:", "  via: {vpce: x}\n  resource:"),
            "unknown-key",
            7,
            "`vpce` is not a key of `via`",
            "known keys are vpc_endpoint, service",
        ),
        (
            ("  resource:", "  scps: [x]\n  resource:"),
            "wrong-type",
            7,
            "`scps` must be a list of levels, root first, each a list of policies",
            "write [[policy, ...], ...]; [[]] is one level that allows nothing",
        ),
        (
            ("  resource:", "  session_policies: x\n  resource:"),
            "wrong-type",
            7,
            "`session_policies` must be a list of policies",
            None,
        ),
        (
            ("  resource:", "  boundary: [x]\n  resource:"),
            "wrong-type",
            7,
            "a policy is a document, a path, a name, or the ARN of an AWS managed policy",
            None,
        ),
        (
            ("  resource:", "  boundary: arn:aws:iam::aws:policy/ReadOnlyAcces\n  resource:"),
            "unknown-managed-policy",
            7,
            "there is no AWS managed policy `arn:aws:iam::aws:policy/ReadOnlyAcces`",
            "did you mean `arn:aws:iam::aws:policy/ReadOnlyAccess`?",
        ),
        (
            ("requests:", "world: 7\nrequests:"),
            "file-not-found",
            None,
            "can't read `7`: no such file or directory",
            None,
        ),
        (
            ("requests:", "world: [{}]\nrequests:"),
            "wrong-type",
            3,
            "`world` must be a path, a list of paths, or a world written inline",
            None,
        ),
    ],
)
def test_wrong_files_are_shown_where_they_are_wrong(change, code, line, message, hint):
    """Each fault has a code, the line where it stands, and where possible what would be right."""
    with pytest.raises(WorldError) as caught:
        scenario_of(HEAD.replace(*change, 1))
    error = caught.value
    assert (error.code, error.message) == (code, message)
    assert hint is None or error.hint == hint
    assert (error.span.line if error.span is not None else None) == line


@pytest.mark.parametrize("text", ["[]", "text", "title: t\nrequests: []", "title: t\nrequests: {}"])
def test_what_is_no_scenario_is_refused(text):
    """A file that is no map, or asks nothing, is no scenario."""
    with pytest.raises(WorldError):
        scenario_of(text)


def test_a_broken_policy_keeps_its_place():
    """An error in an inline policy points at its place in the scenario file."""
    with pytest.raises(PolicyError) as caught:
        scenario_of(HEAD.replace("Effect: Allow", "Effect: allow"))
    assert caught.value.span is not None
    assert caught.value.span.place.startswith("case.yaml:2:")


def test_numbers_and_booleans_of_json_become_text():
    """In a JSON scenario, context values need no quotes: they become the text that AWS compares."""
    document = {
        "title": "t",
        "requests": [
            {
                "principal": USER,
                "action": "s3:GetObject",
                "context": {"a:b": True, "a:c": [1, False], "a:d": "x"},
            }
        ],
    }
    scenario = scenario_from_data(parse_document(json.dumps(document), "case.json"))
    context = scenario.requests[0].questions[0].context
    assert context == {"a:b": "true", "a:c": ("1", "false"), "a:d": "x"}


def test_policies_are_files_beside_the_scenario(tmp_path):
    """A path is relative to the scenario; a misspelled one gets a suggestion."""
    (tmp_path / "policies").mkdir()
    policy = '{"Version": "2012-10-17", "Statement": []}'.replace(
        "[]", '[{"Effect": "Allow", "Action": "*", "Resource": "*"}]'
    )
    (tmp_path / "policies" / "allow.json").write_text(policy, "utf-8")
    file = tmp_path / "case.yaml"
    file.write_text(HEAD.replace(ALLOW, "policies/allow.json"), "utf-8")
    (result,) = run_scenario(load_scenario(file))
    assert result.verdict is Verdict.ALLOWED
    file.write_text(HEAD.replace(ALLOW, "policies/alow.json"), "utf-8")
    with pytest.raises(WorldError) as caught:
        load_scenario(file)
    assert caught.value.code == "policy-not-found"
    assert (caught.value.hint or "").endswith("policies/allow.json`?")
    file.write_text(HEAD.replace(ALLOW, "policies"), "utf-8")
    with pytest.raises(WorldError, match="can't read"):
        load_scenario(file)


def test_names_are_those_of_the_callers_account():
    """A name means the caller's account's policy first, then a shared one, then a built-in."""
    scenario = scenario_of(f"""title: t
world:
  policies: {{P: {DENY}}}
  accounts: {{"111122223333": {{policies: {{P: {ALLOW}}}}}, "444455556666": {{}}}}
scps: [[FullAWSAccess]]
identity_policies: [P]
requests:
- {{principal: "{USER}", action: s3:GetObject, expect: allowed}}
- {{principal: "arn:aws:iam::444455556666:user/x", action: s3:GetObject, expect: explicitDeny}}
""")
    assert [result.failures for result in run_scenario(scenario)] == [(), ()]


def test_readers_take_managed_policies_and_yaml(tmp_path):
    """AWS managed policies come from the catalog, and a policy file may be YAML."""
    reader = PolicyReader(str(tmp_path))
    managed = reader.named("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", PolicyType.IDENTITY)
    assert managed.statements
    assert (
        reader.named("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", PolicyType.IDENTITY)
        is managed
    )
    (tmp_path / "p.yaml").write_text(ALLOW, "utf-8")
    assert reader.named("p.yaml", PolicyType.IDENTITY).statements[0].effect == "Allow"
    (tmp_path / "l.yaml").write_text("[a]", "utf-8")
    with pytest.raises(WorldError, match="a policy is a map"):
        reader.named("l.yaml", None)
    with pytest.raises(WorldError) as caught:
        PolicyReader(str(tmp_path / "none")).named("x.json", None)
    assert (caught.value.hint or "").startswith("a policy is a file")


def test_results_say_what_was_not_met():
    """An expectation that is not met says what was expected and what came."""
    (result,) = run_scenario(scenario_of(HEAD + "  expect: denied\n  because: session-policy\n"))
    assert not result.met
    assert result.failures == (
        "expected denied, got allowed",
        "expected because of session-policy, got identity-based-policy",
    )
    (result,) = run_scenario(scenario_of(HEAD + "  expect: allowed\n"))
    assert result.met


def test_the_whole_is_the_worst_pair():
    """With several pairs, the verdict and layer are those of the pair that decides the whole."""
    text = HEAD.replace("action: s3:GetObject", "action: [s3:GetObject, ec2:StopInstances]")
    (result,) = run_scenario(scenario_of(text + "  expect: implicitDeny\n"))
    assert (result.verdict, result.layer) == (
        Verdict.IMPLICIT_DENY,
        Layer.IDENTITY_BASED_POLICY,
    )
    assert len(result.answers) == 2


def test_completions_are_asked_as_whole_requests():
    """A completion that gives another decision than expected is a failure of the request."""
    conditional = ALLOW.replace(
        "Resource: '*'", "Resource: '*', Condition: {StringEquals: {'a:k': '1'}}"
    )
    text = HEAD.replace(ALLOW, conditional) + (
        "  unknown: ['a:k']\n"
        "  completions:\n"
        "  - {context: {'a:k': '1'}, expect: implicitDeny}\n"
        "  - {context: {}, expect: implicitDeny}\n"
    )
    scenario = scenario_of(text)
    result = run_request(scenario.requests[0], None)
    assert "completion (a:k): expected implicitDeny, got allowed" in result.failures
    assert not [failure for failure in result.failures if "no key given): expected" in failure]


@pytest.mark.parametrize(
    ("verdict", "expected", "met"),
    [
        (Verdict.ALLOWED, "allowed", True),
        (Verdict.ALLOWED, "denied", False),
        (Verdict.EXPLICIT_DENY, "denied", True),
        (Verdict.IMPLICIT_DENY, "denied", True),
        (Verdict.IMPLICIT_DENY, "explicitDeny", False),
        (Verdict.CONDITIONAL, "denied", False),
    ],
)
def test_denied_is_either_kind_of_denial(verdict, expected, met):
    """`denied` accepts both denials and nothing else."""
    assert fits(verdict, expected) is met


def test_a_world_is_compiled_for_the_whole_scenario():
    """Requests of one scenario are asked in the same compiled world."""
    scenario = scenario_of(f"""title: t
world:
  accounts: {{"111122223333": {{users: {{nora: {{policies: [{ALLOW}]}}}}}}}}
requests:
- {{principal: "{USER}", action: s3:GetObject, expect: allowed}}
""")
    assert scenario.world is not None
    world = CompiledWorld(scenario.world)
    assert run_request(scenario.requests[0], world).met


COPY = "aws s3api copy-object --copy-source from/a --bucket to --key b"
CALL = f"""title: A call
identity_policies: [{ALLOW}]
requests:
- name: first
  principal: {USER}
  call: {COPY}
  context: {{aws:SourceIp: 203.0.113.7}}
  expect: allowed
"""


def test_a_call_is_all_that_it_always_asks():
    """Each question has the file's context besides its own; together they are one request."""
    (request,) = scenario_of(CALL).requests
    assert [(question.action, question.resource) for question in request.questions] == [
        ("s3:PutObject", "arn:aws:s3:::to/b"),
        ("s3:GetObject", "arn:aws:s3:::from/a"),
    ]
    assert {question.context["aws:SourceIp"] for question in request.questions} == {"203.0.113.7"}
    assert request.call.line.startswith("aws s3api copy-object")
    assert run_request(request, None).met


def test_one_question_that_fails_denies_the_call():
    """AWS answers the questions of a call with and."""
    text = CALL.replace("'s3:*', Resource: '*'", "'s3:*', Resource: 'arn:aws:s3:::to/*'")
    (request,) = scenario_of(text).requests
    result = run_request(request, None)
    assert (result.verdict, result.layer) == (
        Verdict.IMPLICIT_DENY,
        Layer.IDENTITY_BASED_POLICY,
    )


def test_the_region_of_a_call_may_stand_beside_it():
    """A line without a Region takes the one of the file, and the caller's account."""
    line = "call: aws sqs delete-queue --queue-url https://q/111122223333/jobs"
    text = CALL.replace(
        "call: aws s3api copy-object --copy-source from/a --bucket to --key b", line
    )
    (question,) = questions_of(f"{text}  region: eu-west-1\n")
    assert question.resource == "arn:aws:sqs:eu-west-1:111122223333:jobs"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("  expect: allowed", "  action: s3:GetObject", "keys-exclude-each-other", "`action`"),
        ("  expect: allowed", "  denied: [s3:*]", "keys-exclude-each-other", "`denied`"),
        ("  expect: allowed", f"  resource_policy: {ALLOW}", "keys-exclude-each-other", "`resou"),
        (f"  principal: {USER}\n", "", "missing-key", "`principal`"),
        ("aws s3api copy-object", "aws s3api copy-objekt", "unknown-operation", "copy-objekt"),
        (
            "copy-object --copy-source from/a --bucket to --key b",
            "help",
            "call-asks-nothing",
            "IAM",
        ),
    ],
)
def test_what_is_wrong_with_a_call_is_said_with_its_place(old, new, code, words):
    """Two ways to say the same, and lines that are none."""
    assert old in CALL
    with pytest.raises(WorldError, match=words) as raised:
        scenario_of(CALL.replace(old, new))
    assert raised.value.code == code
    assert raised.value.span.source.name == "case.yaml"
