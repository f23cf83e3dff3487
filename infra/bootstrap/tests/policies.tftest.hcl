# With the real provider and keys that are none: policy documents are put together on this machine.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  account_id  = "123456789012"
  github_repo = "someone/game-market"
}

run "only_this_repositorys_workflows_get_a_role" {
  command = plan
  assert {
    condition = jsonencode([for s in jsondecode(output.policies["deploy_trust"]).Statement : s.Condition]) == jsonencode([{
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = ["repo:someone/game-market:environment:dev", "repo:someone/game-market:environment:prod"]
      }
    }])
    error_message = "The audience and the whole subject, each exactly."
  }
  assert {
    condition = toset(jsondecode(output.policies["plan_trust"]).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]) == toset([
      "repo:someone/game-market:pull_request", "repo:someone/game-market:ref:refs/heads/main",
    ])
    error_message = "A pull request may plan; it may not deploy."
  }
}

run "a_repository_with_ids_in_its_subject" {
  command = plan
  variables {
    github_subject = "repo:someone@1234/game-market@5678"
  }
  assert {
    condition     = strcontains(output.policies["deploy_trust"], "repo:someone@1234/game-market@5678:environment:prod") && !strcontains(output.policies["deploy_trust"], "repo:someone/")
    error_message = "The subject is what GitHub's tokens hold."
  }
}

run "whoever_plans_changes_nothing_but_the_lock" {
  command = plan
  assert {
    condition = [for s in jsondecode(output.policies["plan"]).Statement : s.Resource] == [
      "arn:aws:s3:::game-market-state-123456789012/*.tflock",
    ]
    error_message = "A plan takes the lock, and that is all."
  }
}

run "whoever_deploys_reads_no_secret_and_no_object_of_the_lake" {
  command = plan
  assert {
    condition     = !strcontains(output.policies["deploy"], "GetSecretValue") && !strcontains(output.policies["deploy"], "secretsmanager:*") && !strcontains(output.policies["deploy"], "s3:*")
    error_message = "The key is put by hand, and never read."
  }
  assert {
    condition = alltrue([
      for s in jsondecode(output.policies["deploy"]).Statement : s.Condition != null if s.Resource == "*"
    ])
    error_message = "What has no name has a condition."
  }
}

run "without_a_repository_there_is_no_role" {
  command = plan
  variables {
    github_repo = null
  }
  assert {
    condition     = length(aws_iam_role.github) == 0 && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "Nobody is let in who was not named."
  }
}

run "a_provider_that_exists_is_not_made_again" {
  command = plan
  variables {
    github_provider_exists = true
  }
  assert {
    condition     = length(aws_iam_role.github) == 2 && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account has one provider for GitHub at most."
  }
}

run "a_wildcard_is_no_subject" {
  command = plan
  variables {
    github_subject = "repo:someone/*"
  }
  expect_failures = [var.github_subject]
}
