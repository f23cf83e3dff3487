# The lake: what was read can't be read again, so nothing but old versions, aborted uploads and the checkpoints of
# readings that nobody finished is ever removed by itself.

module "lake" {
  source       = "../modules/bucket"
  name         = "${local.prefix}-lake-${var.account_id}"
  old_versions = { days = 30 }
  expiry_days  = local.lake_expiry_days
}

locals {
  # An open reading is progress for as long as somebody may go on with it: longer than any interval of endpoints.json.
  lake_expiry_days = { "inflight/" = 100 }
}
