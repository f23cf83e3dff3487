# How the state machine runs the stage: start the task, wait for its end, and decide by its exit code.
#
# A machine can't retry by exit code: every code but 0 is one error (States.TaskFailed), and the code stands in a
# text. So the error is caught, the text read, and the trying again is a loop of states. Input:
#   {name, arguments, attempt: 1, wait_seconds, said: {words: []}}
# Output: {"verdict": "done" | "stopped" | "incomplete" | "broken"}.

locals {
  # The exit codes that the same arguments would end with again (README: exit codes), and what they come to.
  verdicts = {
    stopped    = [75]     # a quota or a budget: what was read is kept, and worth transforming
    incomplete = [65]     # committed but not whole (or a data test failed): likewise, and the run fails
    broken     = [64, 77] # usage, key
  }
  final_codes = concat(values(local.verdicts)...)

  # What is not an exit code of the stage's own (the task never started, or did not end in time) counts as 69.
  unavailable = 69

  log_link = join("", [
    "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}",
    "#logsV2:log-groups/log-group/${replace(aws_cloudwatch_log_group.this.name, "/", "$252F")}",
  ])

  states = {
    "Run ${var.name}" = {
      Type     = "Task"
      Resource = "${local.arn_of}:states:::ecs:runTask.sync"
      Parameters = {
        LaunchType     = "FARGATE"
        PropagateTags  = "TASK_DEFINITION" # for the budget, which counts what is tagged
        Cluster        = var.cluster.arn
        TaskDefinition = aws_ecs_task_definition.this.arn
        NetworkConfiguration = {
          AwsvpcConfiguration = {
            Subnets        = var.cluster.subnets
            SecurityGroups = var.cluster.security_groups
            AssignPublicIp = "ENABLED" # no NAT: the way out to the registry, the API and Snowflake
          }
        }
        Overrides = {
          ContainerOverrides = [{ Name = var.name, "Command.$" = "$.arguments" }]
        }
      }
      TimeoutSeconds = var.run.timeout_seconds
      ResultSelector = { verdict = "done" }
      Catch          = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Did ${var.name} end?" }]
      End            = true
    }

    # In a Catch, States.TaskFailed would stand for every error but a timeout. A task that ended is told of as JSON.
    "Did ${var.name} end?" = {
      Type = "Choice"
      Choices = [{
        And = [
          { Variable = "$.error.Error", StringEquals = "States.TaskFailed" },
          { Variable = "$.error.Cause", StringMatches = "{*" },
        ]
        Next = "Read end of ${var.name}"
      }]
      Default = "No end of ${var.name}"
    }

    "Read end of ${var.name}" = {
      Type       = "Pass"
      Parameters = { "task.$" = "States.StringToJson($.error.Cause)" }
      ResultPath = "$.error"
      Next       = "Find container of ${var.name}"
    }

    "Find container of ${var.name}" = {
      Type       = "Pass"
      InputPath  = "$.error.task.Containers[0]"
      ResultPath = "$.error.container"
      Next       = "Did ${var.name} start?"
    }

    "Did ${var.name} start?" = {
      Type = "Choice"
      Choices = [{
        Variable  = "$.error.container.ExitCode"
        IsPresent = true
        Next      = "${var.name} ended"
      }]
      Default = "${var.name} did not start"
    }

    "${var.name} ended" = {
      Type = "Pass"
      Parameters = {
        "exit_code.$"  = "$.error.container.ExitCode"
        "reason.$"     = "$.error.task.StoppedReason"
        "log_stream.$" = "States.Format('${var.name}/${var.name}/{}', States.ArrayGetItem(States.StringSplit($.error.task.TaskArn, '/'), 2))"
      }
      ResultPath = "$.end"
      Next       = "Wait for log of ${var.name}"
    }

    "${var.name} did not start" = {
      Type = "Pass"
      Parameters = {
        exit_code  = local.unavailable
        "reason.$" = "$.error.task.StoppedReason"
        log_stream = "none"
      }
      ResultPath = "$.end"
      Next       = "Wait for log of ${var.name}"
    }

    # ECS refused to start it, or it did not end in time: Step Functions has told ECS to stop it.
    "No end of ${var.name}" = {
      Type = "Pass"
      Parameters = {
        exit_code  = local.unavailable
        "reason.$" = "States.JsonToString($.error)"
        log_stream = "none"
      }
      ResultPath = "$.end"
      Next       = "Wait for log of ${var.name}"
    }

    # For the log to arrive, and before the next try: one wait for both.
    "Wait for log of ${var.name}" = {
      Type        = "Wait"
      SecondsPath = "$.wait_seconds"
      Next        = "Read log of ${var.name}"
    }

    # A stage that fails ends with one sentence, "<stage>: ...". One that was killed has none.
    "Read log of ${var.name}" = {
      Type     = "Task"
      Resource = "${local.arn_of}:states:::aws-sdk:cloudwatchlogs:filterLogEvents"
      Parameters = {
        LogGroupName       = aws_cloudwatch_log_group.this.name
        "LogStreamNames.$" = "States.Array($.end.log_stream)"
        FilterPattern      = "\"${var.name}: \""
      }
      ResultSelector = { "words.$" = "$.Events[*].Message" }
      ResultPath     = "$.said"
      Catch          = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Again ${var.name}?" }]
      Next           = "Did ${var.name} say why?"
    }

    "Did ${var.name} say why?" = {
      Type    = "Choice"
      Choices = [{ Variable = "$.said.words[0]", IsPresent = true, Next = "${var.name} said why" }]
      Default = "Again ${var.name}?"
    }

    "${var.name} said why" = {
      Type       = "Pass"
      InputPath  = "$.said.words[0]"
      ResultPath = "$.end.reason"
      Next       = "Again ${var.name}?"
    }

    "Again ${var.name}?" = {
      Type = "Choice"
      Choices = [
        {
          Or   = [for code in local.final_codes : { Variable = "$.end.exit_code", NumericEquals = code }]
          Next = "Tell of ${var.name}"
        },
        { Variable = "$.attempt", NumericLessThan = var.run.attempts, Next = "Again ${var.name}" },
      ]
      Default = "Tell of ${var.name}"
    }

    "Again ${var.name}" = {
      Type = "Pass"
      Parameters = {
        "name.$"         = "$.name"
        "arguments.$"    = "$.arguments"
        "attempt.$"      = "States.MathAdd($.attempt, 1)"
        "wait_seconds.$" = "States.MathAdd($.wait_seconds, $.wait_seconds)"
        said             = { words = [] }
      }
      Next = "Run ${var.name}"
    }

    "Tell of ${var.name}" = {
      Type     = "Task"
      Resource = "${local.arn_of}:states:::sns:publish"
      Parameters = {
        TopicArn    = var.run.notices
        "Subject.$" = "States.Format('${var.prefix}: {} ended with {}', $.name, $.end.exit_code)"
        "Message.$" = join("", [
          "States.Format('{} ended with exit code {}, try {} of ${var.run.attempts}.\n\n{}\n\n",
          "Log: ${local.log_link}/log-events/{}\nExecution: {}\nWhat to do: docs/operations.md', ",
          "$.name, $.end.exit_code, $.attempt, $.end.reason, $.end.log_stream, $$.Execution.Name)",
        ])
      }
      ResultPath = null
      Catch      = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "What of ${var.name}?" }]
      Next       = "What of ${var.name}?"
    }

    "What of ${var.name}?" = {
      Type = "Choice"
      Choices = [for verdict in ["stopped", "incomplete"] : {
        Or   = [for code in local.verdicts[verdict] : { Variable = "$.end.exit_code", NumericEquals = code }]
        Next = "${var.name} is ${verdict}"
      }]
      Default = "${var.name} is broken"
    }

    "${var.name} is stopped"    = { Type = "Pass", Result = { verdict = "stopped" }, End = true }
    "${var.name} is incomplete" = { Type = "Pass", Result = { verdict = "incomplete" }, End = true }
    "${var.name} is broken"     = { Type = "Pass", Result = { verdict = "broken" }, End = true }
  }
}
