"""Policies inside of Terraform's HCL: found, evaluated, with their places in the files."""

from __future__ import annotations

from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.inputs.policy_files import find_policies

MAIN = """\
variable "open" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoles"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "lamda.amazonaws.com"]
    }
    condition {
      test     = "StringEqual"
      variable = "aws:SourceAccount"
      values   = ["111122223333"]
    }
  }
}

resource "aws_iam_role" "a" {
  name               = "a"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "a" {
  for_each = toset(["x", "y"])
  role     = aws_iam_role.a.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:${each.key}"]
        Resource = [var.open, "*"]
      }
    ], local.more)
  })
}

resource "aws_sns_topic_policy" "t" {
  arn    = "arn:aws:sns:eu-west-1:111122223333:t"
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "${var.open}"},
         "Action": "sns:Publishh", "Resource": "arn:aws:sns:eu-west-1:111122223333:t"}
      ]
    }
  EOT
}

resource "aws_iam_policy" "file" {
  policy = templatefile("${path.module}/p.tftpl", { action = "s3:Templatee" })
}
"""
LOCALS = """\
locals {
  more = [
    {
      Effect = "Allow"
      Action = "s3:Elsewhere"
      Resource = "*"
    }
  ]
}
"""
TEMPLATE = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "${action}", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:Own", "Resource": "*"}
  ]
}
"""


def write(folder):
    """Write the configuration."""
    (folder / "main.tf").write_text(MAIN)
    (folder / "locals.tf").write_text(LOCALS)
    (folder / "p.tftpl").write_text(TEMPLATE)


def findings(*paths):
    """The codes of errors with their files, lines and columns."""
    unreadable: list[str] = []
    validator = Validator()
    found = {
        (span.source.name.rpartition("/")[2], span.line, span.column, finding.code)
        for policy in find_policies([str(path) for path in paths], unreadable)
        for finding in policy.check(validator, None, None)
        if finding.finding_type.name == "ERROR"
        for span in finding.spans[:1]
    }
    assert unreadable == []
    return sorted(found)


def test_findings_stand_at_the_lines_of_the_configuration(tmp_path):
    """Blocks of documents, encoded values in loops, heredocs and templates each have theirs."""
    write(tmp_path)
    assert findings(tmp_path) == [
        ("locals.tf", 5, 16, "INVALID_ACTION"),
        ("main.tf", 5, 16, "INVALID_ACTION"),
        ("main.tf", 11, 18, "INVALID_CONDITION_OPERATOR"),
        ("main.tf", 31, 37, "INVALID_ACTION"),
        ("main.tf", 45, 20, "INVALID_ACTION"),
        ("p.tftpl", 4, 35, "INVALID_ACTION"),
        ("p.tftpl", 5, 35, "INVALID_ACTION"),
    ]


def test_a_file_alone_is_read_with_those_beside_it(tmp_path):
    """Hooks give files by name."""
    write(tmp_path)
    assert findings(tmp_path / "main.tf") == findings(tmp_path)


def test_the_uses_of_policies_are_told_by_their_resources(tmp_path):
    """What a policy is used as follows from the resource, of a document from who uses it."""
    write(tmp_path)
    found = {
        (policy.policy_type, policy.resource_type) for policy in find_policies([str(tmp_path)], [])
    }
    assert found == {
        (PolicyType.TRUST, None),
        (PolicyType.IDENTITY, "AWS::IAM::Role"),
        (PolicyType.RESOURCE, "AWS::SNS::Topic"),
        (PolicyType.IDENTITY, None),
    }


def test_a_broken_file_is_an_error_with_its_place(tmp_path):
    """The other files are checked all the same."""
    write(tmp_path)
    (tmp_path / "bad.tf").write_text("resource {{\n")
    unreadable: list[str] = []
    assert list(find_policies([str(tmp_path)], unreadable))
    assert len(unreadable) == 1
    assert "bad.tf:1:" in unreadable[0]


def test_what_is_not_known_is_no_fault(tmp_path):
    """Wherever a value is not known that could be right, nothing is said."""
    (tmp_path / "main.tf").write_text(
        """
variable "x" {}
resource "aws_sqs_queue_policy" "q" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = var.x, Action = "sqs:SendMessage", Resource = "*" },
      { Effect = var.x, Principal = { (var.x) = "a" }, Action = var.x, Resource = var.x },
      { Sid = var.x, Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = "*",
        Condition = var.x },
      { Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = "*",
        Condition = { StringEquals = var.x } },
      { Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = "*",
        Condition = { (var.x) = { "aws:PrincipalTag/x" = var.x } } },
      { Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = "*",
        Condition = { StringEquals = { "aws:PrincipalTag/x" = var.x } } },
      var.x,
    ]
  })
}
"""
    )
    assert findings(tmp_path) == []
