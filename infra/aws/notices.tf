# Who is told, and of what: the machine tells of stages that failed; alarms of runs that failed, hung or never came.

resource "aws_sns_topic" "notices" {
  #checkov:skip=CKV_AWS_26:A notice holds a day, an exit code and a sentence; alarms and budgets can't publish with AWS' own key
  name = "${local.prefix}-notices"
}

resource "aws_sns_topic_subscription" "email" {
  for_each  = var.notice_emails
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.value
}

data "aws_iam_policy_document" "notices" {
  statement {
    sid       = "AlarmsAndBudgets"
    actions   = ["sns:Publish"]
    resources = [local.notices_arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.notices.json
}

locals {
  alarms = {
    failed = {
      says    = "A run has failed: the execution's cause says how, the notices which stage"
      metric  = "ExecutionsFailed", period = 300, operator = "GreaterThanThreshold", threshold = 0
      missing = "notBreaching", is_needed = true
    }
    timed-out = {
      says    = "A run has not ended in two days"
      metric  = "ExecutionsTimedOut", period = 300, operator = "GreaterThanThreshold", threshold = 0
      missing = "notBreaching", is_needed = true
    }
    missing = {
      says    = "No run was started for a day"
      metric  = "ExecutionsStarted", period = 86400, operator = "LessThanThreshold", threshold = 1
      missing = "breaching", is_needed = var.schedule_enabled
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "runs" {
  for_each            = { for name, alarm in local.alarms : name => alarm if alarm.is_needed }
  alarm_name          = "${local.prefix}-${each.key}"
  alarm_description   = each.value.says
  namespace           = "AWS/States"
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = local.machine_arn }
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.notices.arn]
}

resource "aws_cloudwatch_metric_alarm" "not_started" {
  alarm_name          = "${local.prefix}-not-started"
  alarm_description   = "The Scheduler could not start a run: the queue holds why"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.not_started.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
}

resource "aws_budgets_budget" "monthly" {
  name         = "${local.prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # Empty until the tag `environment` is activated as a cost allocation tag (docs/infrastructure.md).
  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:environment$%s", var.environment)]
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.notices.arn]
    }
  }
}
