# A stage as a Fargate task: what it runs, with which variables, and where its log goes.

data "aws_region" "current" {}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:No secret is in a log (tests look); encrypted by CloudWatch's own key, a key of ours costs 1 USD a month
  #checkov:skip=CKV_AWS_338:What happened to a day is in its manifests; logs are for the weeks in which somebody asks
  name              = "/${var.prefix}/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "this" {
  #checkov:skip=CKV_AWS_336:dbt and DuckDB write below /data and /tmp; the user is not root and the file system ends with the task
  family                   = "${var.prefix}-${var.name}"
  skip_destroy             = true # an execution that is under way goes on with the revision that it began with
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name        = var.name
    image       = var.image
    essential   = true
    stopTimeout = var.stop_timeout_seconds
    environment = [for name, value in var.environment : { name = name, value = value }]
    secrets     = [for name, secret in var.secrets : { name = name, valueFrom = secret.arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = var.name
      }
    }
  }])
}
