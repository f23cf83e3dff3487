# With the real provider and keys that are none: policy documents are put together on this machine.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_availability_zones.this
  values = { names = ["eu-central-1a", "eu-central-1b"] }
}

override_data {
  target          = data.aws_ecr_image.this
  override_during = plan
  values          = { image_digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
}

override_data {
  target          = module.stage["extractor"].data.aws_caller_identity.current
  override_during = plan
  values          = { account_id = "123456789012" }
}

override_data {
  target          = module.stage["transformer"].data.aws_caller_identity.current
  override_during = plan
  values          = { account_id = "123456789012" }
}

override_data {
  target          = module.stage["reporter"].data.aws_caller_identity.current
  override_during = plan
  values          = { account_id = "123456789012" }
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

run "no_wildcard_where_a_name_will_do" {
  command = plan
  assert {
    condition = alltrue(flatten([
      for role, policy in { for role, policy in output.policies : role => policy if !endswith(role, "-execution") } : [
        for statement in jsondecode(policy).Statement : [
          for action in flatten([statement.Action]) : !strcontains(action, "*")
        ]
      ]
    ]))
    error_message = "Every action is named."
  }
  assert {
    condition = alltrue(flatten([
      for role, policy in output.policies : [
        for statement in jsondecode(policy).Statement : [
          for resource in flatten([statement.Resource]) : resource != "*" || statement.Action == "ecr:GetAuthorizationToken"
        ]
      ]
    ]))
    error_message = "Every resource is named, but for the one action that has none."
  }
}

run "a_stage_writes_its_own_prefixes_only" {
  command = plan
  assert {
    condition = [for s in jsondecode(output.policies["extractor-task"]).Statement : s.Resource if s.Sid == "WriteLake"][0] == [
      for prefix in ["sources", "raw", "manifests", "ledger", "inflight", ".put_if_absent"] : "arn:aws:s3:::game-market-dev-lake-123456789012/${prefix}/*"
    ]
    error_message = "The extractor writes what it reads, and no marts."
  }
  assert {
    condition     = [for s in jsondecode(output.policies["extractor-task"]).Statement : s.Resource if s.Sid == "DeleteFromLake"][0] == "arn:aws:s3:::game-market-dev-lake-123456789012/inflight/*"
    error_message = "Parts and manifests are never deleted."
  }
  assert {
    condition = alltrue([
      for role in ["transformer-task", "reporter-task"] : [for s in jsondecode(output.policies[role]).Statement : s.Resource if s.Sid == "WriteLake"][0] == [
        for prefix in ["marts", ".put_if_absent"] : "arn:aws:s3:::game-market-dev-lake-123456789012/${prefix}/*"
      ]
    ])
    error_message = "Transformer and reporter write marts, and nothing that was read."
  }
  assert {
    condition = {
      for role in ["transformer-task", "reporter-task"] : role => [for s in jsondecode(output.policies[role]).Statement : s.Resource if s.Sid == "DeleteFromLake"]
    } == { transformer-task = ["arn:aws:s3:::game-market-dev-lake-123456789012/marts/*"], reporter-task = [] }
    error_message = "The transformer clears older marts; the reporter deletes nothing."
  }
  assert {
    condition = alltrue([
      for role in ["extractor-task", "transformer-task", "reporter-task"] :
      contains([for s in jsondecode(output.policies[role]).Statement : s.Action], "s3:ListBucket")
    ])
    error_message = "Without s3:ListBucket a missing key is a 403."
  }
}

run "only_the_execution_role_reads_secrets" {
  command = plan
  assert {
    condition = alltrue([
      for role, policy in output.policies : !strcontains(policy, "secretsmanager") if role != "extractor-execution"
    ])
    error_message = "A task gets its key as a variable and can't ask for another."
  }
  assert {
    condition     = [for s in jsondecode(output.policies["extractor-execution"]).Statement : s.Resource if s.Sid == "ReadSecrets"][0] == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:game-market-dev/rawg-api-key-??????"
    error_message = "The extractor's key, and no other secret."
  }
}

run "the_machine_starts_these_tasks_in_this_cluster_only" {
  command = plan
  assert {
    condition = [for s in jsondecode(output.policies["machine"]).Statement : s.Condition if s.Sid == "StartStages"][0] == {
      ArnEquals = { "ecs:cluster" = "arn:aws:ecs:eu-central-1:123456789012:cluster/game-market-dev" }
    }
    error_message = "RunTask elsewhere could be anybody's task."
  }
  assert {
    condition = [for s in jsondecode(output.policies["machine"]).Statement : s.Condition if s.Sid == "PassTheStagesRoles"][0] == {
      StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" }
    }
    error_message = "The roles are for tasks."
  }
}
