output "state_bucket" {
  description = "What the other roots are initialised with (-backend-config=bucket=...)."
  value       = module.state.name
}

output "github_role_arns" {
  description = "The roles for GitHub's workflows, by what they may do; empty without a repository."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}

output "policies" {
  description = "The policy documents, for tests: who may take a role, and what it may do."
  value = {
    plan_trust   = data.aws_iam_policy_document.assume["plan"].json
    deploy_trust = data.aws_iam_policy_document.assume["deploy"].json
    plan         = data.aws_iam_policy_document.plan.json
    deploy       = data.aws_iam_policy_document.deploy.json
    boundary     = data.aws_iam_policy_document.boundary.json
  }
}
