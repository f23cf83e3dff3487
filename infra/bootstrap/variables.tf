variable "account_id" {
  description = "The AWS account; with credentials of another one nothing is done."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An AWS account's id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region of the state bucket."
  type        = string
  default     = "eu-central-1"
}

variable "github_repo" {
  description = "The repository whose workflows may plan and deploy, as owner/name. Null: nobody's; everything is done by hand."
  type        = string
  default     = null

  validation {
    condition     = var.github_repo == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repo))
    error_message = "A repository is owner/name."
  }
}

variable "github_subject" {
  description = "How GitHub's tokens name the repository, where that is not repo:<owner>/<name>: those of newer repositories hold the ids of both. `gh api repos/<owner>/<name>/actions/oidc/customization/sub` tells."
  type        = string
  default     = null

  validation {
    condition     = var.github_subject == null || can(regex("^repo:[^*?:]+$", var.github_subject))
    error_message = "A subject begins with repo: and holds no wildcard."
  }
}

variable "github_provider_exists" {
  description = "Whether the account has GitHub's OIDC provider already, of somebody else's making: there can be one only. False: it is made here."
  type        = bool
  default     = false
}

variable "plan_contexts" {
  description = "The workflows that may plan, as the rest of their tokens' subject."
  type        = set(string)
  default     = ["pull_request", "ref:refs/heads/main"]
}

variable "deploy_contexts" {
  description = "The workflows that may deploy: jobs of these environments, which GitHub can make wait for somebody's approval."
  type        = set(string)
  default     = ["environment:dev", "environment:prod"]
}
