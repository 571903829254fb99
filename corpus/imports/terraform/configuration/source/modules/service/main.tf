variable "name" { type = string }
variable "actions" { type = list(string) }
variable "bucket" {}
variable "account" {}

resource "aws_iam_role" "this" {
  name               = "${var.name}-app"
  path               = "/service/"
  assume_role_policy = templatefile("${path.module}/trust.json.tftpl", { service = "ecs-tasks", account = var.account })
}

resource "aws_iam_role_policy" "this" {
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = concat(var.actions, ["s3:ListBucket"])
        Resource = [var.bucket, "${var.bucket}/*"]
      }
    ]
  })
}

output "role_arn" { value = aws_iam_role.this.arn }
