# With a mocked provider: what the plan holds, in seconds and without credentials.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_ecr_image" {
    defaults = { image_digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
  }
}

variables {
  environment = "dev"
  account_id  = "123456789012"
  image_digests = {
    extractor   = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    transformer = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    reporter    = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
}

run "before_the_first_images_there_is_no_machine" {
  command = plan
  variables {
    image_digests = {}
  }
  assert {
    condition     = length(aws_sfn_state_machine.this) == 0 && length(aws_scheduler_schedule.daily) == 0
    error_message = "A machine without images would only fail."
  }
  assert {
    condition     = length(aws_ecr_repository.this) == 3
    error_message = "The registry comes first."
  }
}

run "checkpoints_outlast_every_interval_of_endpoints_json" {
  command = plan
  assert {
    condition     = local.lake_expiry_days["inflight/"] > max([for endpoint in local.listing.endpoints : try(endpoint.refresh_days, 0)]...)
    error_message = "Somebody may go on with a reading for as long as that."
  }
  assert {
    condition     = keys(local.lake_expiry_days) == ["inflight/"]
    error_message = "Nothing else of the lake is ever removed by its age."
  }
}

run "images_are_kept_apart_by_digest" {
  command = plan
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "A tag must not come to mean another image."
  }
}

run "the_last_twenty_images_are_there_to_go_back_to" {
  command = plan
  assert {
    condition = alltrue([for policy in aws_ecr_lifecycle_policy.this :
      [for rule in jsondecode(policy.policy).rules : rule.selection.countNumber][0] == 20
    ])
    error_message = "Only older ones than these go."
  }
}

run "nobody_can_connect_to_a_task" {
  command = plan
  assert {
    condition     = aws_vpc_security_group_egress_rule.https.from_port == 443 && aws_vpc_security_group_egress_rule.https.to_port == 443
    error_message = "Out by https only."
  }
}

run "the_schedule_is_off_in_dev" {
  command = plan
  assert {
    condition     = aws_scheduler_schedule.daily[0].state == "DISABLED" && aws_scheduler_schedule.daily[0].schedule_expression == "cron(0 6 * * ? *)" && aws_scheduler_schedule.daily[0].schedule_expression_timezone == "UTC"
    error_message = "Nobody is surprised by a bill."
  }
  assert {
    condition     = aws_scheduler_schedule.daily[0].target[0].input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\"}"
    error_message = "The Scheduler replaces its attribute only where it stands with its angle brackets."
  }
  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.runs), "missing")
    error_message = "Without a schedule no run is missing."
  }
}

run "with_the_schedule_on_a_missing_run_is_an_alarm" {
  command = plan
  variables {
    schedule_enabled = true
  }
  assert {
    condition     = aws_scheduler_schedule.daily[0].state == "ENABLED" && aws_cloudwatch_metric_alarm.runs["missing"].treat_missing_data == "breaching"
    error_message = "A run that never came sends no failure."
  }
}

run "duckdb_takes_half_of_the_tasks_memory" {
  command = plan
  variables {
    sizes = { extractor = { cpu = 256, memory = 512 }, transformer = { cpu = 2048, memory = 8192 }, reporter = { cpu = 512, memory = 2048 } }
  }
  assert {
    condition     = local.environment_of["transformer"]["DUCKDB_MEMORY_LIMIT"] == "4096MiB"
    error_message = "One setting, which follows the task's."
  }
}

run "snowflake_is_reached_by_the_tasks_role" {
  command = plan
  variables {
    warehouse = "snowflake"
    snowflake = { account = "MYORG-MYACCOUNT" }
  }
  assert {
    condition     = local.environment_of["transformer"]["SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER"] == "AWS" && length(local.secrets_of["transformer"]) == 0
    error_message = "No secret is needed for it."
  }
  assert {
    condition = [for name in ["USER", "ROLE", "WAREHOUSE", "DATABASE"] : local.environment_of["transformer"]["SNOWFLAKE_${name}"]] == [
      "DEV_GAME_MARKET_TRANSFORMER", "DEV_TRANSFORMER", "DEV_GAME_MARKET", "DEV_GAME_MARKET",
    ]
    error_message = "Those of infra/snowflake for this environment."
  }
  assert {
    condition     = local.definition.States["Marts"].Parameters.arguments == ["build", "--target", "prod"]
    error_message = "The target of Snowflake is prod."
  }
}

run "the_budget_counts_what_is_tagged_with_the_environment" {
  command = plan
  assert {
    condition     = one(aws_budgets_budget.monthly.cost_filter).values == tolist(["user:environment$dev"])
    error_message = "A tag that nothing has costs nothing."
  }
  assert {
    condition     = module.stage["extractor"].machine.States["Run extractor"].Parameters.PropagateTags == "TASK_DEFINITION"
    error_message = "A task has no tags of its own."
  }
}

run "no_error_of_ecs_is_read_as_the_end_of_a_task" {
  command = plan
  assert {
    condition     = module.stage["extractor"].machine.States["Run extractor"].Catch[*].ErrorEquals == [["States.ALL"]]
    error_message = "States.TaskFailed in a Catch stands for AmazonECS.Unknown, too, whose cause is no JSON."
  }
}

run "a_wrong_environment_is_refused" {
  command = plan
  variables {
    environment = "staging"
  }
  expect_failures = [var.environment]
}

run "a_tag_is_no_digest" {
  command = plan
  variables {
    image_digests = { extractor = "latest", transformer = "latest", reporter = "latest" }
  }
  expect_failures = [var.image_digests]
}

run "one_image_is_not_enough" {
  command = plan
  variables {
    image_digests = { extractor = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
  }
  expect_failures = [var.image_digests]
}

run "snowflake_without_an_account_is_refused" {
  command = plan
  variables {
    warehouse = "snowflake"
  }
  expect_failures = [var.snowflake]
}

run "a_list_of_endpoints_that_is_none_is_refused" {
  command = plan
  variables {
    endpoints_file = "versions.tf"
  }
  expect_failures = [var.endpoints_file]
}

run "every_endpoint_is_read_once_lists_before_details" {
  command = plan
  assert {
    condition = flatten(local.reading_order[*].endpoints) == concat(
      [for endpoint in jsondecode(file("../../config/endpoints.json")).endpoints : endpoint.name if endpoint.kind != "detail"],
      [for endpoint in jsondecode(file("../../config/endpoints.json")).endpoints : endpoint.name if endpoint.kind == "detail"],
    )
    error_message = "The machine's list is that of endpoints.json."
  }
  assert {
    condition     = local.definition.States["Days"].ItemProcessor.States["Reading order"].Result == local.reading_order
    error_message = "And it is what the machine reads."
  }
  assert {
    condition     = local.definition.States["Days"].ItemProcessor.States["Sources"].ItemProcessor.States["Endpoints"].MaxConcurrency == 1
    error_message = "One process at a time reads an API: a limiter can't be shared."
  }
}

run "what_the_same_arguments_would_end_with_again_is_tried_once" {
  command = plan
  assert {
    condition = toset([
      for rule in module.stage["extractor"].machine.States["Again extractor?"].Choices[0].Or : rule.NumericEquals
    ]) == toset([64, 65, 75, 77])
    error_message = "Usage, data, quota and key (README: exit codes)."
  }
  assert {
    condition     = module.stage["extractor"].machine.States["Run extractor"].TimeoutSeconds > 0 && module.stage["transformer"].machine.States["Run transformer"].TimeoutSeconds > 0
    error_message = "Without a limit a task that hangs is waited for, for a year."
  }
}
