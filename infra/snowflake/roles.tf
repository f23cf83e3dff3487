# LOADER owns the external tables and lends their refresh (refresh.tf), TRANSFORMER builds, REPORTER reads marts. What
# each may is listed in docs/infrastructure.md; what a build needs is compared with it by tests/parity.

resource "snowflake_account_role" "this" {
  for_each = toset(["LOADER", "TRANSFORMER", "REPORTER"])
  name     = "${local.prefix}${each.key}"
}

resource "snowflake_grant_account_role" "to_admin" {
  for_each         = snowflake_account_role.this
  role_name        = each.value.name
  parent_role_name = var.admin_role
}

resource "snowflake_grant_privileges_to_account_role" "database" {
  for_each          = snowflake_account_role.this
  account_role_name = each.value.name
  privileges        = ["USAGE"]
  on_account_object {
    object_type = "DATABASE"
    object_name = snowflake_database.this.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "warehouse" {
  for_each          = toset(["TRANSFORMER", "REPORTER"])
  account_role_name = snowflake_account_role.this[each.key].name
  privileges        = ["USAGE"]
  on_account_object {
    object_type = "WAREHOUSE"
    object_name = snowflake_warehouse.this.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "source_schemas" {
  for_each = {
    for pair in setproduct(keys(local.source_schemas), ["LOADER", "TRANSFORMER"]) : join(".", pair) => { source = pair[0], role = pair[1] }
  }
  account_role_name = snowflake_account_role.this[each.value.role].name
  privileges        = ["USAGE"]
  on_schema {
    schema_name = snowflake_schema.source[each.value.source].fully_qualified_name
  }
}

# What dbt and the transformer make, they own; these let them make it, in these schemas and no other.
resource "snowflake_grant_privileges_to_account_role" "own_schemas" {
  for_each          = snowflake_schema.own
  account_role_name = snowflake_account_role.this["TRANSFORMER"].name
  privileges        = ["USAGE", "CREATE TABLE", "CREATE VIEW"]
  on_schema {
    schema_name = each.value.fully_qualified_name
  }
}

resource "snowflake_grant_privileges_to_account_role" "marts_schema" {
  account_role_name = snowflake_account_role.this["REPORTER"].name
  privileges        = ["USAGE"]
  on_schema {
    schema_name = snowflake_schema.own["MARTS"].fully_qualified_name
  }
}

# A full refresh replaces tables: future grants outlast that.
resource "snowflake_grant_privileges_to_account_role" "marts" {
  for_each          = toset(["TABLES", "VIEWS"])
  account_role_name = snowflake_account_role.this["REPORTER"].name
  privileges        = ["SELECT"]
  on_schema_object {
    future {
      object_type_plural = each.key
      in_schema          = snowflake_schema.own["MARTS"].fully_qualified_name
    }
  }
}

resource "snowflake_service_user" "transformer" {
  name              = "${local.prefix}GAME_MARKET_TRANSFORMER"
  comment           = "The transformer's task"
  default_role      = snowflake_account_role.this["TRANSFORMER"].name
  default_warehouse = snowflake_warehouse.this.name
  rsa_public_key    = var.transformer_public_key
  timezone          = "UTC" # dbt-snowflake has no session parameters in its profile

  dynamic "default_workload_identity" {
    for_each = var.transformer_role_arn == null ? [] : [var.transformer_role_arn]
    content {
      aws {
        arn = default_workload_identity.value
      }
    }
  }

  lifecycle {
    precondition {
      condition     = (var.transformer_role_arn == null) != (var.transformer_public_key == null)
      error_message = "Give transformer_role_arn (workload identity) or transformer_public_key (key pair): one of them, not both."
    }
  }
}

resource "snowflake_grant_account_role" "transformer_user" {
  role_name = snowflake_account_role.this["TRANSFORMER"].name
  user_name = snowflake_service_user.transformer.name
}
