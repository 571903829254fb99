terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = ["111122223333"]
  default_tags { tags = { team = "orders" } }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "services" {
  type = map(object({
    actions = list(string)
    public  = optional(bool, false)
  }))
}

variable "partner" { type = string }
variable "create_audit" { type = bool }

locals {
  prefix  = "orders"
  buckets = toset([for name in keys(var.services) : "${local.prefix}-${name}"])
}

data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "data" {
  for_each = local.buckets
  bucket   = each.key
}

module "service" {
  source   = "./modules/service"
  for_each = var.services
  name     = each.key
  actions  = each.value.actions
  bucket   = aws_s3_bucket.data["${local.prefix}-${each.key}"].arn
  account  = data.aws_caller_identity.current.account_id
}

data "aws_iam_policy_document" "base" {
  statement {
    sid       = "NoDelete"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket"]
    resources = ["*"]
  }
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "plain_http" {
  statement {
    sid       = "NoPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.data["orders-reports"].arn, "${aws_s3_bucket.data["orders-reports"].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  statement {
    sid       = "Partner"
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::orders-reports/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/partner"]
    }
  }
}

data "aws_iam_policy_document" "guard" {
  source_policy_documents = [data.aws_iam_policy_document.plain_http.json]
  override_policy_documents = [jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Partner"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/partner" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::${local.prefix}-reports/*"
    }]
  })]
  dynamic "statement" {
    for_each = { for name, service in var.services : name => service if service.public }
    content {
      sid     = "Public${title(statement.key)}"
      actions = ["s3:ListBucket"]
      resources = [aws_s3_bucket.data["orders-${statement.key}"].arn]
      principals {
        type        = "AWS"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.data["orders-reports"].id
  policy = data.aws_iam_policy_document.guard.json
}

resource "aws_iam_policy" "base" {
  name   = "base"
  policy = data.aws_iam_policy_document.base.json
}

resource "aws_iam_role" "partner" {
  name               = "partner"
  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::${var.partner}:root"},
        "Action": "sts:AssumeRole"
      }]
    }
  EOT
}

resource "aws_iam_role_policy_attachment" "partner" {
  count      = 2
  role       = aws_iam_role.partner.name
  policy_arn = [aws_iam_policy.base.arn, "arn:aws:iam::aws:policy/ReadOnlyAccess"][count.index]
}

resource "aws_iam_role_policy" "audit" {
  count  = var.create_audit ? 1 : 0
  role   = aws_iam_role.partner.id
  name   = "audit"
  policy = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Action = "iam:PassRole", Resource = "*" } })
}
