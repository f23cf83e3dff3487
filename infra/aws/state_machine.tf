# The run of a day, or of several: read every endpoint, then build and publish the marts, then make the report of them.
#
# Input: {"run_date": "2024-01-31"}, or {"run_dates": [...]} for a backfill, or {"scheduled_time": ...} from the
# Scheduler: then the newest day that was over at that time, and what is missing or open of the days before.
#
# What a stage ended with is caught and becomes a verdict, so that one failure keeps no other endpoint from being
# read. Nothing is left that a redrive could repeat: run the same input again, which costs what is missing. The
# machine hands on verdicts only: a state's input is limited to 256 KiB.

locals {
  # What is worse than nothing, worst first; each is true if it holds of any part.
  verdicts = ["broken", "incomplete", "stopped"]

  definition = length(module.stage) == 0 ? null : {
    Comment        = "Game Market: reads every endpoint of endpoints.json, then builds the marts and their report"
    StartAt        = "Which days?"
    TimeoutSeconds = 48 * 3600
    States = {
      "Which days?" = {
        Type = "Choice"
        Choices = [
          { Variable = "$.run_dates", IsPresent = true, Next = "Several days" },
          { Variable = "$.run_date", IsPresent = true, Next = "One day" },
          { Variable = "$.scheduled_time", IsPresent = true, Next = "The day before" },
        ]
        Default = "No day"
      }
      "No day" = {
        Type  = "Fail"
        Error = "NoDay"
        Cause = "The input names no day: give {\"run_date\": \"2024-01-31\"} or {\"run_dates\": [\"2024-01-30\", \"2024-01-31\"]}."
      }
      "Several days" = {
        Type       = "Pass"
        Parameters = { "days.$" = "$.run_dates", option = "--run-date", catch_up = "0" }
        Next       = "Days"
      }
      "One day" = {
        Type       = "Pass"
        Parameters = { "days.$" = "States.Array($.run_date)", option = "--run-date", catch_up = "0" }
        Next       = "Days"
      }
      "The day before" = {
        Type       = "Pass"
        Parameters = { "days.$" = "States.Array($.scheduled_time)", option = "--day-before", catch_up = tostring(var.catch_up_days) }
        Next       = "Days"
      }

      "Days" = {
        Type           = "Map"
        ItemsPath      = "$.days"
        MaxConcurrency = 1
        ItemSelector   = { "day.$" = "$$.Map.Item.Value", "option.$" = "$.option", "catch_up.$" = "$.catch_up" }
        ItemProcessor = {
          StartAt = "Reading order"
          States = {
            "Reading order" = {
              Type       = "Pass"
              Result     = local.reading_order
              ResultPath = "$.sources"
              Next       = "Sources"
            }
            "Sources" = {
              Type      = "Map"
              ItemsPath = "$.sources"
              ItemSelector = {
                "day.$"       = "$.day", "option.$" = "$.option", "catch_up.$" = "$.catch_up"
                "endpoints.$" = "$$.Map.Item.Value.endpoints"
              }
              ItemProcessor = {
                StartAt = "Endpoints"
                States = {
                  "Endpoints" = {
                    Type           = "Map"
                    ItemsPath      = "$.endpoints"
                    MaxConcurrency = 1
                    ItemSelector = merge(module.stage["extractor"].input, {
                      "name.$"      = "States.Format('{} {} {}', $$.Map.Item.Value, $.option, $.day)"
                      "arguments.$" = "States.Array('run', '--endpoint', $$.Map.Item.Value, $.option, $.day, '--catch-up', $.catch_up)"
                    })
                    ItemProcessor  = module.stage["extractor"].machine
                    ResultSelector = { for verdict in local.verdicts : "${verdict}.$" => "States.ArrayContains($[*].verdict, '${verdict}')" }
                    End            = true
                  }
                }
              }
              ResultSelector = local.any_verdict
              End            = true
            }
          }
        }
        ResultSelector = local.any_verdict
        ResultPath     = "$.read"
        Next           = "Worth building?"
      }

      # What is committed is worth building, also of a day that is not whole; as under Dagster not when an endpoint
      # could not be read at all.
      "Worth building?" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.read.broken", BooleanEquals = true, Next = "Not read" }]
        Default = "Marts"
      }
      "Not read" = {
        Type  = "Fail"
        Error = "NotRead"
        Cause = "An endpoint could not be read; the notices say which and why. What was read is kept. Run the same input again when that is mended."
      }

      "Marts" = {
        Type = "Parallel"
        Parameters = merge(module.stage["transformer"].input, {
          name      = "marts"
          arguments = ["build", "--target", local.target]
        })
        Branches       = [module.stage["transformer"].machine]
        ResultSelector = { "done.$" = "States.ArrayContains($[*].verdict, 'done')" }
        ResultPath     = "$.built"
        Next           = "Built?"
      }

      "Built?" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.built.done", BooleanEquals = false, Next = "Not built" }]
        Default = "Report"
      }

      # The marts stand without it: a report that fails is a notice, and a warning.
      "Report" = {
        Type = "Parallel"
        Parameters = merge(module.stage["reporter"].input, {
          name      = "report"
          arguments = ["build", "--publish", "--target", local.target]
        })
        Branches       = [module.stage["reporter"].machine]
        ResultSelector = { "done.$" = "States.ArrayContains($[*].verdict, 'done')" }
        ResultPath     = "$.reported"
        Next           = "How did it end?"
      }

      "How did it end?" = {
        Type = "Choice"
        Choices = [
          { Variable = "$.read.incomplete", BooleanEquals = true, Next = "Not whole" },
          { Variable = "$.read.stopped", BooleanEquals = true, Next = "Stopped early" },
          { Variable = "$.reported.done", BooleanEquals = false, Next = "Without report" },
        ]
        Default = "Whole"
      }
      "Not built" = {
        Type  = "Fail"
        Error = "NotBuilt"
        Cause = "The marts could not be built; the notice says why. Those that were published before stand."
      }
      "Not whole" = {
        Type  = "Fail"
        Error = "NotWhole"
        Cause = "The marts are built, of days that are not whole; the notices say which and why."
      }
      "Stopped early" = {
        Type   = "Pass"
        Result = { outcome = "warning", says = "Built, but the API's quota or a budget has stopped the reading. A later run goes on." }
        End    = true
      }
      "Without report" = {
        Type   = "Pass"
        Result = { outcome = "warning", says = "Built, but the report could not be made; the notice says why." }
        End    = true
      }
      "Whole" = {
        Type   = "Pass"
        Result = { outcome = "done" }
        End    = true
      }
    }
  }

  target = var.warehouse == "duckdb" ? "dev" : "prod"

  any_verdict = { for verdict in local.verdicts : "${verdict}.$" => "States.ArrayContains($[*].${verdict}, true)" }
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_284:Three stages, each with its log; there is nothing between them to be traced
  #checkov:skip=CKV_AWS_285:Step Functions keeps the history of each execution for 90 days by itself
  count      = length(module.stage) == 0 ? 0 : 1
  name       = local.prefix
  role_arn   = aws_iam_role.machine.arn
  definition = jsonencode(local.definition)
  depends_on = [aws_iam_role_policy.machine]
}

data "aws_iam_policy_document" "machine_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

data "aws_iam_policy_document" "machine" {
  statement {
    sid       = "StartStages"
    actions   = ["ecs:RunTask"]
    resources = [for stage in local.stages : "${local.arn}:ecs:${local.here}:task-definition/${local.prefix}-${stage}:*"]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [local.cluster_arn]
    }
  }
  statement {
    sid       = "WatchAndStopStages"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["${local.arn}:ecs:${local.here}:task/${local.prefix}/*"]
  }
  statement {
    sid       = "TagWhatItStarts"
    actions   = ["ecs:TagResource"]
    resources = ["${local.arn}:ecs:${local.here}:task/${local.prefix}/*"]
    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RunTask"]
    }
  }
  statement {
    sid     = "PassTheStagesRoles"
    actions = ["iam:PassRole"]
    resources = flatten([for stage in local.stages : [
      for role in ["execution", "task"] : "${local.arn}:iam::${var.account_id}:role/${local.prefix}-${stage}-${role}"
    ]])
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "BeToldOfTheirEnd" # by a rule of Step Functions' own
    actions   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
    resources = ["${local.arn}:events:${local.here}:rule/StepFunctionsGetEventsForECSTaskRule"]
  }
  statement {
    sid       = "QuoteTheirLogs"
    actions   = ["logs:FilterLogEvents"]
    resources = [for stage in local.stages : "${local.arn}:logs:${local.here}:log-group:/${local.prefix}/${stage}:*"]
  }
  statement {
    sid       = "SendNotices"
    actions   = ["sns:Publish"]
    resources = [local.notices_arn]
  }
}

locals {
  # By their names: known before anything is there, so that a test can read the policies in a plan.
  arn         = "arn:${data.aws_partition.current.partition}"
  here        = "${var.region}:${var.account_id}"
  cluster_arn = "${local.arn}:ecs:${local.here}:cluster/${local.prefix}"
  notices_arn = "${local.arn}:sns:${local.here}:${local.prefix}-notices"
  machine_arn = "${local.arn}:states:${local.here}:stateMachine:${local.prefix}"
  boundary    = "${local.arn}:iam::${var.account_id}:policy/game-market-boundary" # of infra/bootstrap
}

resource "aws_iam_role" "machine" {
  name                 = "${local.prefix}-machine"
  description          = "The state machine: starts stages and tells of them"
  assume_role_policy   = data.aws_iam_policy_document.machine_assume.json
  permissions_boundary = local.boundary
}

resource "aws_iam_role_policy" "machine" {
  name   = "run-stages"
  role   = aws_iam_role.machine.id
  policy = data.aws_iam_policy_document.machine.json
}
