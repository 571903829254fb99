"""Policies inside of CloudFormation and SAM templates: found, evaluated, with their places."""

from __future__ import annotations

from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.inputs.found import find_in_content

TEMPLATE = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Other: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Other, prod]
  IsDev: !Equals [!Ref Stage, dev]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRoles
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - s3:GetObject
                  - !Sub "s3:List${Stage}"
                Resource: !Sub "${Bucket.Arn}/*"
              - !If
                - IsProd
                - {Effect: Allow, Action: s3:Prodd, Resource: "*"}
                - {Effect: Allow, Action: s3:Testt, Resource: "*"}
              - !If [IsDev, {Effect: Allow, Action: !Ref Other, Resource: "*"}, !Ref AWS::NoValue]
              - !If [IsDev, !Ref AWS::NoValue, {Effect: Allow, Action: s3:Gone, Resource: "*"}]
"""


def findings(text: str, name: str = "app.yaml") -> list[tuple[str, int, int]]:
    """The codes of what is found, with line and column."""
    unreadable: list[str] = []
    validator = Validator()
    found = [
        (finding.code, finding.spans[0].line, finding.spans[0].column)
        for policy in find_in_content(text.encode(), name, unreadable, given=True)
        for finding in policy.check(validator, None, None)
    ]
    assert unreadable == []
    return found


def test_findings_stand_at_the_lines_of_the_template():
    """Lines and columns are those of the file."""
    assert findings(TEMPLATE) == [
        ("INVALID_ACTION", 17, 21),
        ("INVALID_ACTION", 26, 21),
        ("INVALID_ACTION", 30, 43),
        ("INVALID_ACTION", 31, 43),
    ]


def test_the_uses_of_policies_are_told_by_their_resources():
    """What a policy is used as follows from the type around it."""
    text = """\
Resources:
  A: {Type: AWS::S3::BucketPolicy, Properties: {PolicyDocument: {Statement: []}}}
  B:
    Type: AWS::Organizations::Policy
    Properties: {Type: SERVICE_CONTROL_POLICY, Content: {Statement: []}}
  C: {Type: AWS::EC2::VPCEndpoint, Properties: {PolicyDocument: {Statement: []}}}
  D: {Type: AWS::Serverless::Function, Properties: {Policies: [{Statement: []}]}}
  E: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  F: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: []}}}
  G: {Type: AWS::IAM::UserPolicy, Properties: {PolicyDocument: {Statement: []}}}
  H: {Type: Custom::Own, Properties: {Doc: {Statement: []}}}
"""
    found = [
        (policy.policy_type, policy.resource_type)
        for policy in find_in_content(text.encode(), "a.yaml", [], given=False)
    ]
    assert found == [
        (PolicyType.RESOURCE, "AWS::S3::Bucket"),
        (PolicyType.SERVICE_CONTROL, None),
        (PolicyType.VPC_ENDPOINT, None),
        (PolicyType.IDENTITY, "AWS::IAM::Role"),
        (PolicyType.RESOURCE, "AWS::KMS::Key"),
        (PolicyType.IDENTITY, None),
        (PolicyType.IDENTITY, "AWS::IAM::User"),
        (PolicyType.IDENTITY, None),
    ]


def test_a_policy_as_text_with_what_is_not_known_is_checked():
    """The texts of `Fn::Sub` are read, with marks for what is not known."""
    text = """\
{"Parameters": {"P": {"Type": "String"}},
 "Resources": {"Logs": {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyDocument":
   {"Fn::Sub": "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": {\\"Effect\\": \\"Allow\\",
     \\"Principal\\": {\\"AWS\\": \\"${AWS::AccountId}\\"}, \\"Action\\": \\"logs:Putt\\",
     \\"Resource\\": \\"${P}\\"}}"}}}}}
"""
    text = text.replace(",\n     ", ", ")
    assert findings(text, "a.json") == [("INVALID_ACTION", 3, 4)]


def test_json_templates_and_sides_of_a_document():
    """A choice between two documents gives both."""
    text = """\
{"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument":
  {"Fn::If": ["C",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:A", "Resource": "*"}},
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:B", "Resource": "*"}}
  ]}}}}}
"""
    assert findings(text, "a.json") == [("INVALID_ACTION", 3, 74), ("INVALID_ACTION", 4, 74)]


def test_properties_that_have_a_statement_are_no_policy():
    """The bus policy of EventBridge has its statement as a property."""
    text = """\
Resources:
  P:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: b
      StatementId: s
      Statement: {Effect: Allow, Principal: "*", Action: events:PutEventss, Resource: "*"}
"""
    assert findings(text) == [("INVALID_ACTION", 7, 58)]
