# The most that a role of an environment can ever do, whatever policies it is given. Who deploys writes those policies,
# and can make roles within this boundary only: so no workflow can make itself more than it is.

locals {
  environments  = ["dev", "prod"]
  boundary_name = "game-market-boundary"
  boundary_arn  = "${local.arn}:iam::${var.account_id}:policy/${local.boundary_name}"
  own_roles     = [for environment in local.environments : "${local.arn}:iam::${var.account_id}:role/game-market-${environment}-*"]
  here          = "${var.region}:${var.account_id}"
}

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken has no resource (ECR's page of actions)
  statement {
    sid       = "UseLakes"
    actions   = ["s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"]
    resources = [for part in ["", "/*"] : "${local.arn}:s3:::game-market-*-lake-${var.account_id}${part}"]
  }
  statement {
    sid     = "RunStages"
    actions = ["ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "states:StartExecution"]
    resources = [
      for resource in ["ecs:${local.here}:task-definition/", "ecs:${local.here}:task/", "states:${local.here}:stateMachine:"] :
      "${local.arn}:${resource}game-market-*"
    ]
  }
  statement {
    sid       = "HandRolesToTasks"
    actions   = ["iam:PassRole"]
    resources = local.own_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local.arn}:ecr:${local.here}:repository/game-market-*"]
  }
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid       = "WriteAndQuoteLogs"
    actions   = ["logs:CreateLogStream", "logs:FilterLogEvents", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.here}:log-group:/game-market-*"]
  }
  statement {
    sid       = "ReadSourcesKeys"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.arn}:secretsmanager:${local.here}:secret:game-market-*"]
  }
  statement {
    sid       = "TellPeople"
    actions   = ["sns:Publish", "sqs:SendMessage"]
    resources = [for service in ["sns", "sqs"] : "${local.arn}:${service}:${local.here}:game-market-*"]
  }
  statement {
    sid       = "BeToldOfTasks" # by a rule of Step Functions' own
    actions   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
    resources = ["${local.arn}:events:${local.here}:rule/StepFunctionsGetEventsForECSTaskRule"]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "The most that a role of Game Market's environments can do"
  policy      = data.aws_iam_policy_document.boundary.json
}
