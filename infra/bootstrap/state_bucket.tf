# Where the roots keep their state. Its lock is an object beside it (use_lockfile).

module "state" {
  source       = "../modules/bucket"
  name         = "game-market-state-${var.account_id}"
  old_versions = { days = 90, kept = 20 }
}
