# The database, what computes in it, and what that may cost.

resource "snowflake_database" "this" {
  name                           = local.database
  comment                        = "Game Market, ${var.environment}: everything in it can be built again from the lake"
  data_retention_time_in_days    = 1
  drop_public_schema_on_creation = true
}

# External tables over the lake, one schema a source.
resource "snowflake_schema" "source" {
  for_each = local.source_schemas
  database = snowflake_database.this.name
  name     = each.value
  comment  = "Pages of ${each.key} as they came"
}

resource "snowflake_schema" "own" {
  for_each = local.own_schemas
  database = snowflake_database.this.name
  name     = each.key
}

resource "snowflake_warehouse" "this" {
  name                         = local.database
  comment                      = "Builds the marts"
  warehouse_size               = "XSMALL"
  auto_suspend                 = var.idle_seconds
  auto_resume                  = "true"
  initially_suspended          = true
  resource_monitor             = var.resource_monitor
  statement_timeout_in_seconds = 3600
}
