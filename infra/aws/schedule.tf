# Every morning, when the day before is over and settled.

resource "aws_scheduler_schedule" "daily" {
  #checkov:skip=CKV_AWS_297:It holds a time and the name of a state machine
  count       = length(module.stage) == 0 ? 0 : 1
  name        = "${local.prefix}-daily"
  description = "Runs the day before, and what is missing of the ${var.catch_up_days} days before it"
  state       = var.schedule_enabled ? "ENABLED" : "DISABLED"

  schedule_expression          = "cron(0 6 * * ? *)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.this[0].arn
    role_arn = aws_iam_role.scheduler.arn
    # jsonencode writes < and > as \u003c and \u003e, which the Scheduler does not take for its own.
    input = replace(replace(jsonencode({ scheduled_time = "<aws.scheduler.scheduled-time>" }), "\\u003c", "<"), "\\u003e", ">")

    retry_policy {
      maximum_event_age_in_seconds = 6 * 3600
      maximum_retry_attempts       = 20
    }
    dead_letter_config {
      arn = aws_sqs_queue.not_started.arn
    }
  }
}

resource "aws_sqs_queue" "not_started" {
  name                      = "${local.prefix}-not-started"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

data "aws_iam_policy_document" "scheduler_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartRuns"
    actions   = ["states:StartExecution"]
    resources = [local.machine_arn]
  }
  statement {
    sid       = "KeepWhatCouldNotBeStarted"
    actions   = ["sqs:SendMessage"]
    resources = ["${local.arn}:sqs:${local.here}:${local.prefix}-not-started"]
  }
}

resource "aws_iam_role" "scheduler" {
  name                 = "${local.prefix}-scheduler"
  description          = "The Scheduler: starts the state machine"
  assume_role_policy   = data.aws_iam_policy_document.scheduler_assume.json
  permissions_boundary = local.boundary
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start-runs"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}
