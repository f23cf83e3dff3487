output "task_definition_arn" {
  description = "The task definition, with its revision."
  value       = aws_ecs_task_definition.this.arn
}

output "role_arns" {
  description = "The two roles that whoever starts the task must be allowed to pass on."
  value       = { execution = aws_iam_role.execution.arn, task = aws_iam_role.task.arn }
}

output "log_group" {
  description = "Name and ARN of the stage's log group."
  value       = { name = aws_cloudwatch_log_group.this.name, arn = local.log_group_arn }
}

output "policies" {
  description = "The policy documents of the roles, for tests: what may be done, by role."
  value = {
    execution = data.aws_iam_policy_document.execution.json
    task      = data.aws_iam_policy_document.task.json
  }
}

output "machine" {
  description = "The states that run the stage (see states.tf for their input and output), as a part of a machine."
  value       = { StartAt = "Run ${var.name}", States = local.states }
}

output "input" {
  description = "What the states' input always begins with; beside it they want `name` and `arguments`."
  value       = { attempt = 1, wait_seconds = var.run.first_wait_seconds, said = { words = [] } }
}
