"""Which KMS key encrypts something: what settings say, and what ids and aliases stand for."""

from __future__ import annotations

import json

import pytest

from iamsim.importers.frame import import_sources
from iamsim.importers.key_ring import managed_key_policy
from iamsim.importers.key_settings import default_key, find_key
from iamsim.importers.load import to_world
from iamsim.importers.options import SourceOptions
from iamsim.importers.overlay import overlay_world
from iamsim.importers.unknown import Unknown
from iamsim.world.load import load_world_data
from tests.unit.plans import config, references, resource

ACCOUNT = "111122223333"
REGION = "eu-west-1"
HOME = f"arn:aws:kms:{REGION}:{ACCOUNT}"
KEY = f"{HOME}:key/1"
BUCKET = "arn:aws:s3:::b"
MISSING = "policy-missing"
UNKNOWN = Unknown("`var.key`")
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
}


def here(service: str, name: str) -> str:
    """Make the ARN of a resource."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def bucket_rule(**settings: object) -> dict[str, object]:
    """Make the encryption of a bucket as the API prints it."""
    rule = {"ApplyServerSideEncryptionByDefault": settings, "BucketKeyEnabled": True}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


TABLE, STREAM = here("dynamodb", "table/t"), here("kinesis", "stream/s")
PARAMETER, SECRET = here("ssm", "parameter/p"), here("secretsmanager", "secret:s-AbCdEf")


@pytest.mark.parametrize(
    ("arn", "settings", "expected"),
    [
        (BUCKET, bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY), KEY),
        (BUCKET, bucket_rule(SSEAlgorithm="aws:kms:dsse", KMSMasterKeyID="1"), "1"),
        (BUCKET, bucket_rule(SSEAlgorithm="aws:kms"), "alias/aws/s3"),
        (BUCKET, bucket_rule(SSEAlgorithm="AES256", KMSMasterKeyID=""), "none"),
        (BUCKET, bucket_rule(SSEAlgorithm=UNKNOWN), UNKNOWN),
        (BUCKET, {"bucket_encryption": UNKNOWN}, UNKNOWN),
        (BUCKET, {"Name": "b"}, None),
        (TABLE, {"SSEDescription": {"SSEType": "KMS", "KMSMasterKeyArn": KEY}}, KEY),
        (TABLE, {"SSEDescription": {"Status": "DISABLED"}}, "none"),
        (TABLE, {"SSESpecification": {"SSEEnabled": True}}, "alias/aws/dynamodb"),
        (TABLE, {"SSESpecification": {"SSEEnabled": "false", "KMSMasterKeyId": KEY}}, "none"),
        (TABLE, {"SSESpecification": {"SSEEnabled": UNKNOWN}}, UNKNOWN),
        (TABLE, {"server_side_encryption": []}, None),
        (f"{TABLE}/index/i", {"SSEDescription": {"KMSMasterKeyArn": KEY}}, None),
        (STREAM, {"EncryptionType": "KMS", "KeyId": "alias/k"}, "alias/k"),
        (STREAM, {"StreamEncryption": {"EncryptionType": "KMS"}}, "alias/aws/kinesis"),
        (STREAM, {"encryption_type": "NONE", "kms_key_id": KEY}, "none"),
        (STREAM, {}, None),
        (PARAMETER, {"Type": "SecureString", "KeyId": "alias/k"}, "alias/k"),
        (PARAMETER, {"type": "SecureString"}, "alias/aws/ssm"),
        (PARAMETER, {"Type": "StringList"}, "none"),
        (PARAMETER, {"type": UNKNOWN}, UNKNOWN),
        (SECRET, {"KmsKeyId": "1"}, "1"),
        (SECRET, {"KmsKeyId": ""}, None),
        (here("sqs", "q"), {"KmsMasterKeyId": "alias/k"}, "alias/k"),
        (here("sns", "t"), {"kms_master_key_id": KEY}, KEY),
        (here("lambda", "function:f"), {"KMSKeyArn": KEY}, KEY),
        (here("logs", "log-group:l"), {"kmsKeyId": KEY}, KEY),
        (here("ecr", "repository/r"), {"encryptionConfiguration": {"kmsKey": KEY}}, KEY),
        (here("elasticfilesystem", "file-system/f"), {"KmsKeyId": KEY}, KEY),
        (here("rds", "db:d"), {"KmsKeyId": 3}, None),
        (here("backup", "backup-vault:v"), {"EncryptionKeyArn": KEY}, KEY),
        (here("s3", "accesspoint/p"), bucket_rule(SSEAlgorithm="aws:kms"), None),
        (here("ec2", "instance/i"), {"KmsKeyId": KEY}, None),
        ("no ARN", {"KmsKeyId": KEY}, None),
    ],
)
def test_settings_say_the_key(arn, settings, expected):
    """A key, an AWS managed one, none, something unknown, or nothing."""
    assert find_key(arn, settings) == expected


@pytest.mark.parametrize("style", [str, str.lower, str.upper])
def test_letter_case_makes_no_difference(style):
    """Tools spell the same settings differently."""

    def spelled(value):
        if isinstance(value, dict):
            return {style(key): spelled(item) for key, item in value.items()}
        return [spelled(item) for item in value] if isinstance(value, list) else value

    settings = bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY)
    assert find_key(BUCKET, spelled(settings)) == KEY


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (BUCKET, "none"),
        (TABLE, "none"),
        (STREAM, "none"),
        (PARAMETER, "none"),
        (here("sqs", "q"), "none"),
        (here("sns", "t"), "none"),
        (here("sns", f"t:{ACCOUNT}"), None),
        (SECRET, "alias/aws/secretsmanager"),
        (here("lambda", "function:f"), None),
        (here("s3", "accesspoint/p"), None),
    ],
)
def test_what_aws_does_without_a_setting(arn, expected):
    """No key of KMS, the AWS managed key, or nothing that is worth saying."""
    assert default_key(arn) == expected


def imported(tmp_path, files, **options):
    """Import files; gives the resources of the account, and the remarks as code and message, but
    for what says that policies are missing."""
    for name, content in files.items():
        path = tmp_path / "world" / ACCOUNT / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    found = import_sources([str(tmp_path / "world")], options=SourceOptions(**options))
    assert to_world(found).problems == []
    resources = found.data.get("accounts", {}).get(ACCOUNT, {}).get("resources", {})
    for facts in resources.values():
        if "unknown" in facts.get("policy", {}):
            del facts["policy"]
    remarks = [(remark.code, remark.message) for remark in found.remarks]
    return resources, [remark for remark in remarks if remark[0] != MISSING]


def alias(name, key=None, region=REGION):
    """Make an alias as `aws kms list-aliases` prints it."""
    arn = f"arn:aws:kms:{region}:{ACCOUNT}:alias/{name}"
    record = {"AliasName": f"alias/{name}", "AliasArn": arn}
    return record if key is None else record | {"TargetKeyId": key}


def key_policy(region=REGION, name="1"):
    """The output that tells a key and its policy, by the name of its file."""
    call = f"{region}/get-key-policy.{name}"
    return {call: {"Policy": json.dumps(POLICY), "PolicyName": "default"}}


@pytest.mark.parametrize(
    ("reference", "files", "expected"),
    [
        ("1", {"get-bucket-location.b": {"LocationConstraint": REGION}}, KEY),
        ("1", {}, KEY),
        ("alias/k", {f"{REGION}/list-aliases": {"Aliases": [alias("k", "1")]}}, KEY),
        (f"{HOME}:alias/k", {f"{REGION}/list-aliases": {"Aliases": [alias("k", KEY)]}}, KEY),
        (
            "alias/aws/s3",
            {"get-bucket-location.b": {"LocationConstraint": "EU"}},
            f"{HOME}:alias/aws/s3",
        ),
        (
            KEY,
            {f"{REGION}/list-aliases": {"Aliases": [alias("aws/s3", "1")]}},
            f"{HOME}:alias/aws/s3",
        ),
        (
            "alias/aws/s3",
            {f"{REGION}/list-aliases": {"Aliases": [alias("aws/s3", "1")]}},
            f"{HOME}:alias/aws/s3",
        ),
    ],
)
def test_what_a_bucket_is_encrypted_with_is_found(tmp_path, reference, files, expected):
    """Ids and aliases, with a known region and without; an AWS managed key by its alias."""
    encryption = bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=reference)
    files = {**files, **key_policy(), "get-bucket-encryption.b": encryption}
    resources, remarks = imported(tmp_path, files)
    assert remarks == []
    assert resources[BUCKET]["kms_key"] == expected
    assert "policy" in resources[expected]


@pytest.mark.parametrize(
    ("reference", "files", "words"),
    [
        ("1", {}, "several are called so"),
        ("2", {}, "none of its account is called so"),
        ("alias/k", {}, "none of its account is called so"),
        ("alias/aws/s3", {}, "no source says the region of the bucket"),
        (f"{HOME}:alias/date", {}, "did you mean `alias/data`?"),
        (f"{HOME}:alias/zzz", {}, f"`{HOME}:alias/zzz` stands for"),
        (f"arn:aws:iam::{ACCOUNT}:role/r", {}, "is no key"),
    ],
)
def test_what_is_not_known_of_a_key_is_remarked(tmp_path, reference, files, words):
    """An alias or an id that nobody explains leaves `kms_key` out."""
    encryption = bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=reference)
    files = {
        **files,
        **key_policy(),
        **key_policy("eu-west-2"),
        f"{REGION}/list-aliases": {"Aliases": [alias("data", "1"), alias("aws/s3")]},
        "get-bucket-encryption.b": encryption,
    }
    resources, [(code, message)] = imported(tmp_path, files)
    assert "kms_key" not in resources[BUCKET]
    assert code == "key-unknown"
    assert words in message


def test_a_key_of_another_account_is_remarked_once(tmp_path):
    """Its policy is in no source, for however many buckets it encrypts."""
    foreign = f"arn:aws:kms:{REGION}:999900001111:key/x"
    encryption = bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=foreign)
    files = {f"get-bucket-encryption.{name}": encryption for name in ("b", "c")}
    resources, [(code, message)] = imported(tmp_path, files, account=ACCOUNT)
    assert {facts["kms_key"] for facts in resources.values()} == {foreign}
    assert code == "key-policy-unknown"
    assert f"`{foreign}`" in message


def test_an_aws_managed_key_of_an_unknown_account_makes_no_account(tmp_path):
    """AWS shares such keys with nobody: the source is wrong, and the world stays as it is."""
    foreign = f"arn:aws:kms:{REGION}:999900001111:alias/aws/s3"
    encryption = bucket_rule(SSEAlgorithm="aws:kms", KMSMasterKeyID=foreign)
    (tmp_path / "get-bucket-encryption.b.json").write_text(json.dumps(encryption), "utf-8")
    found = import_sources([str(tmp_path)], options=SourceOptions(account=ACCOUNT))
    assert list(found.data["accounts"]) == [ACCOUNT]
    assert [remark.code for remark in found.remarks] == ["key-policy-unknown", MISSING]


def test_two_words_on_a_key_are_a_conflict(tmp_path):
    """What is said outweighs what is assumed; of two that are said nobody knows which counts."""
    secret = {"ARN": SECRET, "Name": "s", "CreatedDate": "2026-01-01T00:00:00Z"}
    files = {
        **key_policy(),
        "a": {"SecretList": [{"ARN": SECRET, "Name": "s"}]},
        "b": secret | {"KmsKeyId": KEY},
        "c": secret | {"KmsKeyId": f"{HOME}:key/2"},
    }
    resources, remarks = imported(tmp_path, files)
    assert "unknown" in resources[SECRET]["kms_key"]
    [message] = [message for code, message in remarks if code == "import-conflict"]
    assert "`kms_key` of" in message


def test_outputs_that_only_look_alike_are_not_taken(tmp_path):
    """The value of a secret tells that there is one; the rest tells of no resource."""
    files = {
        "b": {"ARN": SECRET, "Name": "s", "VersionId": "1", "SecretString": "x", "CreatedDate": 1},
        "c": {"Configuration": {"FunctionName": "f"}},
        "d": {"LocationConstraint": REGION},
        "e": {"TableNames": []},
    }
    resources, remarks = imported(tmp_path, files)
    assert resources == {SECRET: {}}
    codes = sorted(code for code, _ in remarks)
    assert codes == ["output-about-unknown", "source-not-recognised"]


def test_aliases_of_functions_are_resources_of_their_own(tmp_path):
    """Each can have a policy, and none of KMS's keys is meant."""
    alias = f"{here('lambda', 'function:f')}:live"
    resources, remarks = imported(
        tmp_path, {"a": {"Aliases": [{"AliasArn": alias, "Name": "live"}]}}
    )
    assert (resources, remarks) == ({alias: {}}, [])


def test_descriptions_of_one_resource(tmp_path):
    """A function alone and with its code, a parameter by its folders, one without a place."""
    function = here("lambda", "function:f")
    files = {
        **key_policy(),
        "a": {"FunctionName": "f", "FunctionArn": function, "KMSKeyArn": KEY},
        "b": {"Configuration": {"FunctionArn": f"{function}g", "KMSKeyArn": KEY}, "Code": {}},
        f"{REGION}/c": {"Parameters": [{"Name": "/p", "Type": "SecureString", "KeyId": KEY}]},
        "d": {"Parameters": [{"Name": "/p", "Type": "String"}]},
        "e": {"FileSystems": [{"FileSystemArn": here("elasticfilesystem", "file-system/f")}]},
    }
    resources, remarks = imported(tmp_path, files)
    assert [code for code, _ in remarks] == ["record-without-arn"]
    assert {arn: facts.get("kms_key") for arn, facts in resources.items()} == {
        here("elasticfilesystem", "file-system/f"): None,
        KEY: None,
        function: KEY,
        f"{function}g": KEY,
        PARAMETER: KEY,
    }


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_an_aws_managed_key_serves_its_account_and_service(tmp_path, region, partition, suffix):
    """Buckets in China and GovCloud too get the alias and the policy of their partition."""
    files = {
        "get-bucket-encryption.b": bucket_rule(SSEAlgorithm="aws:kms"),
        "get-bucket-location.b": {"LocationConstraint": region},
        f"{region}/list-queues": {
            "QueueUrls": [f"https://sqs.{region}.{suffix}/{ACCOUNT}/q"],
        },
    }
    resources, remarks = imported(tmp_path, files)
    assert remarks == []
    key = f"arn:{partition}:kms:{region}:{ACCOUNT}:alias/aws/s3"
    assert resources[f"arn:{partition}:s3:::b"]["kms_key"] == key
    condition = resources[key]["policy"]["Statement"][0]["Condition"]["StringEquals"]
    assert condition == {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"s3.{region}.{suffix}"}


def test_volumes_are_encrypted_through_ec2():
    """The alias is called after EBS, the service that calls is EC2."""
    statements = managed_key_policy(f"{HOME}:alias/aws/ebs")["Statement"]
    assert f"ec2.{REGION}.amazonaws.com" in json.dumps(statements)
    with pytest.raises(ValueError, match="alias/aws/ebs"):
        managed_key_policy("alias/aws/ebs")


def test_a_key_of_the_world_below_is_no_remark(tmp_path):
    """A plan that is laid over a world may use the world's key."""
    queue = {"name": "q", "kms_master_key_id": KEY}
    plan = {
        "format_version": "1.2",
        "resource_changes": [resource("aws_sqs_queue.q", queue, {"arn": True})],
        "configuration": {"root_module": {"resources": [config("aws_sqs_queue.q")]}},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    world = load_world_data({"accounts": {ACCOUNT: {"resources": {KEY: {"policy": POLICY}}}}})
    remarks = []
    after = overlay_world(
        world,
        [str(tmp_path / "plan.json")],
        options=SourceOptions(region=REGION),
        remarked=remarks.extend,
    )
    assert [remark.code for remark in remarks] == []
    assert after.accounts[ACCOUNT].resources[here("sqs", "q")].kms_key == KEY


def test_blocks_of_a_plan_are_followed(tmp_path):
    """A reference in a block to the key of an alias, whose target is known after apply."""
    table = {"name": "t", "server_side_encryption": [{"enabled": True}]}
    block = {"enabled": {"constant_value": True}}
    block["kms_key_arn"] = references("aws_kms_alias.a.target_key_arn")
    resources = [
        config("aws_kms_key.k"),
        config("aws_kms_alias.a", target_key_id=references("aws_kms_key.k.key_id")),
        config("aws_dynamodb_table.t", server_side_encryption=[block]),
    ]
    unknown = {"arn": True, "server_side_encryption": [{"kms_key_arn": True}]}
    after = {"target_key_id": True, "target_key_arn": True}
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            resource("aws_kms_key.k", {}, {"arn": True, "key_id": True}),
            resource("aws_kms_alias.a", {"name": "alias/a"}, after),
            resource("aws_dynamodb_table.t", table, unknown),
        ],
        "configuration": {"root_module": {"resources": resources}},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path / "plan.json")], options=options)
    facts = found.data["accounts"][ACCOUNT]["resources"]
    assert facts[TABLE]["kms_key"] == f"{HOME}:key/aws_kms_key.k"
    assert found.remarks == ()


def test_what_is_not_read_has_no_unknown_name(tmp_path):
    """Of a template, names are remarked of what is put into the world, and of nothing else."""
    name = {"Ref": "Name"}
    function = {"FunctionName": name}
    template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "Alias": {
                "Type": "AWS::KMS::Alias",
                "Properties": {"AliasName": name, "TargetKeyId": name},
            },
            "Plain": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": name}},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
            "Tagged": {
                "Type": "AWS::Lambda::Function",
                "Properties": function | {"Tags": [{"Key": "a", "Value": "b"}]},
            },
        },
    }
    (tmp_path / "stack.json").write_text(json.dumps(template), encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path / "stack.json")], options=options)
    assert {(remark.code, remark.place) for remark in found.remarks} == {
        ("name-unknown", "Resources.Queue"),
        ("name-unknown", "Resources.Tagged"),
    }


def test_a_dynamic_block_is_known_after_apply(tmp_path):
    """Of such a block a plan has no expression: the report names no address but its own."""
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}
    unknown = {"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}
    address = "aws_s3_bucket_server_side_encryption_configuration.b"
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            resource("aws_s3_bucket.b", {"bucket": "b"}, {"arn": True}),
            resource(address, {"bucket": "b", "rule": [rule]}, {"rule": [unknown]}),
        ],
        "configuration": {"root_module": {"resources": [config(address)]}},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path / "plan.json")], options=options)
    assert found.data["accounts"][ACCOUNT]["resources"] == {BUCKET: {}}
    [remark] = found.remarks
    assert (remark.place, remark.code) == (address, "unknown-value")
    assert remark.message == "which key encrypts this is known after apply"


def test_iam_collect_says_the_region_of_a_bucket(tmp_path):
    """Its storage has no encryption, but where the bucket is."""
    root = f"aws/aws/accounts/{ACCOUNT}"
    files = {
        f"{root}/s3/b/metadata": {"arn": BUCKET, "name": "b", "region": REGION},
        "get-bucket-encryption.b": bucket_rule(SSEAlgorithm="aws:kms"),
    }
    resources, remarks = imported(tmp_path, files)
    assert remarks == []
    assert resources[BUCKET]["kms_key"] == f"{HOME}:alias/aws/s3"


def test_globals_of_sam_count(tmp_path):
    """Keys of functions and tables may stand in the section `Globals`."""
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {
            "Function": {"KmsKeyArn": KEY},
            "SimpleTable": {"SSESpecification": {"SSEEnabled": True}},
        },
        "Resources": {
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"FunctionName": "f"}},
            "T": {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": "t"}},
        },
    }
    (tmp_path / "stack.json").write_text(json.dumps(template), encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path / "stack.json")], options=options)
    resources = found.data["accounts"][ACCOUNT]["resources"]
    assert resources[here("lambda", "function:f")]["kms_key"] == KEY
    assert resources[TABLE]["kms_key"] == f"{HOME}:alias/aws/dynamodb"


def test_a_plan_that_removes_the_encryption_of_a_bucket(tmp_path):
    """The bucket still shows its old key; what is planned is S3's own encryption."""
    rule = {
        "apply_server_side_encryption_by_default": [
            {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}
        ]
    }
    shown = {
        "bucket": "b",
        "arn": BUCKET,
        "server_side_encryption_configuration": [{"rule": [rule]}],
    }
    kept = resource("aws_s3_bucket.b", shown)
    kept["change"] |= {"actions": ["no-op"], "before": shown}
    gone = resource("aws_s3_bucket_server_side_encryption_configuration.b", {})
    gone["change"] |= {
        "actions": ["delete"],
        "before": {"bucket": "b", "rule": [rule]},
        "after": None,
    }
    plan = {"format_version": "1.2", "resource_changes": [kept, gone], "configuration": {}}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    after, before = (
        import_sources(
            [str(tmp_path / "plan.json")],
            options=SourceOptions(account=ACCOUNT, region=REGION, planned=planned),
        ).data["accounts"][ACCOUNT]["resources"][BUCKET]["kms_key"]
        for planned in (True, False)
    )
    assert (before, after) == (KEY, "none")
