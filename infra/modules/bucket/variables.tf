variable "name" {
  description = "The bucket's name, which is one in all of AWS."
  type        = string
}

variable "old_versions" {
  description = "How many days a version that was replaced or deleted is kept, and how many of the newest of them for good (null: none)."
  type        = object({ days = number, kept = optional(number) })
}

variable "expiry_days" {
  description = "After how many days objects below a prefix are removed, by the prefix. Nothing else is ever removed by its age."
  type        = map(number)
  default     = {}
}
