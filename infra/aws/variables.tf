variable "environment" {
  description = "Which of the two: each has a lake, a state machine and a state of its own."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "account_id" {
  description = "The AWS account that this environment belongs in; with credentials of another one nothing is done."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An AWS account's id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region."
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

variable "image_digests" {
  description = "The stages' images in ECR: sha256:... by stage. Empty until the first images are pushed: then there is no task and no state machine yet. Written by scripts/build_and_push.sh."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.image_digests) == 0 || sort(keys(var.image_digests)) == tolist(["extractor", "reporter", "transformer"])
    error_message = "Give the digests of all stages, extractor, transformer and reporter, or of none."
  }

  validation {
    condition     = alltrue([for digest in values(var.image_digests) : can(regex("^sha256:[0-9a-f]{64}$", digest))])
    error_message = "A digest is sha256: and 64 hexadecimal digits."
  }
}

variable "warehouse" {
  description = "duckdb: the transformer builds in a file that lasts as long as its task, from the whole lake. snowflake: in the account that `snowflake` names."
  type        = string
  default     = "duckdb"

  validation {
    condition     = contains(["duckdb", "snowflake"], var.warehouse)
    error_message = "The warehouse is duckdb or snowflake."
  }
}

variable "snowflake" {
  description = "How the transformer reaches Snowflake: account (ORGANIZATION-ACCOUNT), and user, role, warehouse, database where they are not those that infra/snowflake makes for this environment. It logs in by its task's role (workload identity)."
  type = object({
    account   = string
    user      = optional(string)
    role      = optional(string)
    warehouse = optional(string)
    database  = optional(string)
  })
  default = null

  validation {
    condition     = var.warehouse == "duckdb" || var.snowflake != null
    error_message = "With warehouse = \"snowflake\" the variable snowflake must name the account."
  }
}

variable "sizes" {
  description = "CPU units and MiB of memory of each stage's task; Fargate knows some pairs only."
  type        = map(object({ cpu = number, memory = number }))
  default = {
    extractor   = { cpu = 256, memory = 512 }
    transformer = { cpu = 1024, memory = 4096 }
    reporter    = { cpu = 512, memory = 2048 }
  }
}

variable "source_urls" {
  description = "Servers to read in place of a source's own API (a sandbox, a proxy), by the variable that endpoints.json names: {RAWG_BASE_URL = ...}."
  type        = map(string)
  default     = {}
}

variable "schedule_enabled" {
  description = "Whether a day is run every morning at 06:00 UTC."
  type        = bool
  default     = false
}

variable "catch_up_days" {
  description = "How many days before its own a scheduled run also finishes, where they are missing or open."
  type        = number
  default     = 14
}

variable "attempts" {
  description = "How often a stage is started in all when it fails in a way that may pass."
  type        = number
  default     = 3

  validation {
    condition     = var.attempts >= 1 && var.attempts <= 5
    error_message = "A stage is tried between 1 and 5 times."
  }
}

variable "first_wait_seconds" {
  description = "The wait before a stage is tried again, doubled each time. It also lets the log arrive that the notice quotes."
  type        = number
  default     = 60
}

variable "notice_emails" {
  description = "Who is told of failures. Each address has to confirm a mail of AWS."
  type        = set(string)
  default     = []
}

variable "monthly_budget_usd" {
  description = "Above this (80 % of it, and what the month is forecast to come to) a notice is sent."
  type        = number
  default     = 20
}

variable "log_retention_days" {
  description = "How long the stages' logs are kept."
  type        = number
  default     = 30
}
