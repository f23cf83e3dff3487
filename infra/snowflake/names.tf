# Names are upper case: the provider quotes them, our SQL does not.

locals {
  listing = jsondecode(file(var.endpoints_file))

  # Roles and users belong to the account, so those of dev have names of their own.
  prefix   = var.environment == "prod" ? "" : "DEV_"
  database = "${local.prefix}GAME_MARKET"

  source_schemas = { for source in keys(local.listing.sources) : source => "${upper(source)}_LAKE" }
  own_schemas    = toset(["LAKE", "STAGING", "INTERMEDIATE", "PENDING", "MARTS"])
  tables         = { for endpoint in local.listing.endpoints : "${endpoint.source}.${endpoint.name}" => endpoint }

  bucket      = "game-market-${var.environment}-lake-${var.account_id}"
  reader      = "game-market-${var.environment}-snowflake-reader"
  reader_arn  = "arn:aws:iam::${var.account_id}:role/${local.reader}"
  external_id = "game-market-${var.environment}"
}
