variable "environment" {
  description = "Which of the two: each has a database, a warehouse, roles and a user of its own."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "account_id" {
  description = "The AWS account that the lake is in."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An AWS account's id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region of the lake."
  type        = string
  default     = "eu-central-1"
}

variable "endpoints_file" {
  description = "The list of what is read, as seen from this folder."
  type        = string
  default     = "../../config/endpoints.json"

  validation {
    condition     = can(jsondecode(file(var.endpoints_file)).endpoints)
    error_message = "The list of endpoints can't be read: it must be a JSON file as config/endpoints.json is."
  }
}

variable "admin_role" {
  description = "What Terraform works as. It needs CREATE DATABASE, WAREHOUSE, ROLE, USER and INTEGRATION on the account and MANAGE GRANTS; ACCOUNTADMIN is needed once, to make such a role (docs/infrastructure.md)."
  type        = string
  default     = "GAME_MARKET_ADMIN"
}

variable "transformer_role_arn" {
  description = "The AWS role of the transformer's task (output of infra/aws): the user logs in as it, without a secret. Null: by the key below."
  type        = string
  default     = null
}

variable "transformer_public_key" {
  description = "The other way to log in: the RSA public key, without header and line breaks. Its private half stays with whoever runs the transformer."
  type        = string
  default     = null
}

variable "resource_monitor" {
  description = "The resource monitor that stops the warehouse when a month has cost enough. Only ACCOUNTADMIN can make one: docs/infrastructure.md has the statement. Null: none."
  type        = string
  default     = null
}

variable "idle_seconds" {
  description = "After so many seconds without a query the warehouse is suspended. A minute is the least that is paid for."
  type        = number
  default     = 60

  validation {
    condition     = var.idle_seconds >= 60
    error_message = "Each start is paid for as a minute: shorter saves nothing."
  }
}
