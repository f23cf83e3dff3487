# Two roles: ECS's own, which starts the task (it alone reads secrets), and the task's, which the stage has.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken has no resource (ECR's page of actions)
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [local.repository_arn]
  }
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }
  dynamic "statement" {
    for_each = length(var.secrets) > 0 ? [values(var.secrets)] : []
    content {
      sid     = "ReadSecrets"
      actions = ["secretsmanager:GetSecretValue"]
      # Secrets Manager ends each ARN with six characters of its own.
      resources = [
        for secret in statement.value : "${local.arn_of}:secretsmanager:${local.region}:${local.account}:secret:${secret.name}-??????"
      ]
    }
  }
}

data "aws_iam_policy_document" "task" {
  statement {
    sid       = "ListLake" # without it S3 says 403 of a key that is not there
    actions   = ["s3:ListBucket"]
    resources = [var.lake.arn]
  }
  dynamic "statement" {
    for_each = {
      for sid, one in {
        ReadLake       = { actions = ["s3:GetObject"], prefixes = var.lake.reads }
        WriteLake      = { actions = ["s3:PutObject"], prefixes = var.lake.writes }
        DeleteFromLake = { actions = ["s3:DeleteObject"], prefixes = var.lake.deletes }
      } : sid => one if length(one.prefixes) > 0
    }
    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = [for prefix in statement.value.prefixes : "${var.lake.arn}/${prefix}/*"]
    }
  }
}

locals {
  # By their names: known before anything is there, so that a test can read the policies in a plan.
  account        = data.aws_caller_identity.current.account_id
  arn_of         = "arn:${data.aws_partition.current.partition}"
  region         = data.aws_region.current.name
  repository_arn = "${local.arn_of}:ecr:${local.region}:${local.account}:repository/${regex("/([^@]+)@", var.image)[0]}"
  log_group_arn  = "${local.arn_of}:logs:${local.region}:${local.account}:log-group:/${var.prefix}/${var.name}"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_iam_role" "execution" {
  name                 = "${var.prefix}-${var.name}-execution"
  description          = "ECS starts the ${var.name} with it: pulls the image, reads secrets, writes the log"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-the-task"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name                 = "${var.prefix}-${var.name}-task"
  description          = "What the ${var.name} may do: its own prefixes of the lake"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "task" {
  name   = "use-the-lake"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}
