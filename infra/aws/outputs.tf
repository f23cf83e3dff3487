output "lake" {
  description = "The lake's bucket: its name and ARN."
  value       = { bucket = module.lake.name, arn = module.lake.arn }
}

output "repositories" {
  description = "Where the stages' images are pushed to, by stage."
  value       = { for stage, repository in aws_ecr_repository.this : stage => repository.repository_url }
}

output "state_machine_arn" {
  description = "What runs a day; null until there are images."
  value       = one(aws_sfn_state_machine.this[*].arn)
}

output "source_key_secrets" {
  description = "Where each source's API key is to be put: the secret's ARN by the source."
  value       = { for source, secret in aws_secretsmanager_secret.source_key : source => secret.arn }
}

output "notices_topic_arn" {
  description = "The topic that people subscribe to."
  value       = aws_sns_topic.notices.arn
}

output "transformer_role_arn" {
  description = "The role that Snowflake knows the transformer by (workload identity); null until there are images."
  value       = try(module.stage["transformer"].role_arns.task, null)
}

output "log_groups" {
  description = "Where each stage's log is, by stage."
  value       = { for name, stage in module.stage : name => stage.log_group.name }
}

output "policies" {
  description = "The policy documents of all roles of ours, for tests: what may be done, by role."
  value = merge(
    { machine = data.aws_iam_policy_document.machine.json, scheduler = data.aws_iam_policy_document.scheduler.json },
    merge([for name, stage in module.stage : { for role, policy in stage.policies : "${name}-${role}" => policy }]...),
  )
}

output "definition" {
  description = "The state machine's definition, for tests."
  value       = local.definition
}
