variable "name" {
  description = "The stage's name: of its container, of the program in its image, and in what people read."
  type        = string
}

variable "prefix" {
  description = "Begins the name of everything, for example game-market-dev."
  type        = string
}

variable "permissions_boundary" {
  description = "The ARN of the policy that bounds the stage's roles."
  type        = string
}

variable "image" {
  description = "The stage's image by digest: a tag can come to mean another image, a digest can't."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "The image must be named by its digest (...@sha256:<64 hexadecimal digits>), not by a tag."
  }
}

variable "size" {
  description = "What the task gets: CPU units (1024 is one core), and MiB of memory. Fargate knows some pairs only."
  type        = object({ cpu = number, memory = number })
}

variable "environment" {
  description = "The stage's variables, but for secrets (.env.example has all of them)."
  type        = map(string)
}

variable "secrets" {
  description = "Variables that come from Secrets Manager: the secret's ARN and name by the variable."
  type        = map(object({ arn = string, name = string }))
}

variable "lake" {
  description = "The lake's bucket (ARN), and the prefixes that the stage may read, write (put if absent, replace) and delete below."
  type = object({
    arn     = string
    reads   = list(string)
    writes  = list(string)
    deletes = list(string)
  })
}

variable "stop_timeout_seconds" {
  description = "Between SIGTERM and SIGKILL. Longer than a stage takes to store what is in flight; Fargate's longest is 120."
  type        = number
  default     = 120
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "cluster" {
  description = "Where the task runs: the ECS cluster (ARN), subnets and security groups."
  type = object({
    arn             = string
    subnets         = list(string)
    security_groups = list(string)
  })
}

variable "run" {
  description = <<-EOT
    How the state machine runs it: `timeout_seconds` for one try; `attempts` in all; `first_wait_seconds` before the
    second one, doubled each time; `notices`, the ARN of the topic that is told of a failure.
  EOT
  type = object({
    timeout_seconds    = number
    attempts           = number
    first_wait_seconds = number
    notices            = string
  })
}
