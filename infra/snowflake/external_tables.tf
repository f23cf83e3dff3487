# One for every endpoint of endpoints.json, as docs/dwh_design.md has the contract.

resource "snowflake_external_table" "raw" {
  for_each = local.tables
  database = snowflake_database.this.name
  schema   = snowflake_schema.source[each.value.source].name
  name     = "RAW_${upper(each.value.name)}"
  comment  = each.value.description

  location          = "@${snowflake_stage_external_s3.lake[each.value.source].fully_qualified_name}/${each.value.source}/${each.value.name}/"
  file_format       = "FORMAT_NAME = ${snowflake_file_format_json.pages[each.value.source].fully_qualified_name}"
  partition_by      = ["RUN_DATE"]
  auto_refresh      = false # the transformer refreshes the run dates that it loads
  refresh_on_create = false

  column {
    name = "PAYLOAD"
    type = "VARIANT"
    as   = "(VALUE)"
  }
  column {
    name = "RUN_DATE"
    type = "DATE"
    as   = "to_date(regexp_substr(METADATA$FILENAME, 'run_date=([0-9-]+)/', 1, 1, 'e'))"
  }
  column {
    name = "FILE_NAME"
    type = "VARCHAR"
    as   = "regexp_substr(METADATA$FILENAME, 'raw/.*')"
  }

  depends_on = [
    aws_iam_role_policy.reader,
    snowflake_grant_account_role.to_admin, # which can't look at what LOADER owns before that
    snowflake_grant_ownership.external_tables,
    snowflake_grant_privileges_to_account_role.external_tables,
    snowflake_grant_privileges_to_account_role.source_schemas,
    snowflake_grant_privileges_to_account_role.stage,
    snowflake_grant_privileges_to_account_role.file_format,
    snowflake_grant_privileges_to_account_role.integration,
  ]
}

# Each table is LOADER's from its creation, and TRANSFORMER reads it: so an endpoint more is a table more, and no grant.
resource "snowflake_grant_ownership" "external_tables" {
  for_each          = snowflake_schema.source
  account_role_name = snowflake_account_role.this["LOADER"].name
  on {
    future {
      object_type_plural = "EXTERNAL TABLES"
      in_schema          = each.value.fully_qualified_name
    }
  }
}

resource "snowflake_grant_privileges_to_account_role" "external_tables" {
  for_each          = snowflake_schema.source
  account_role_name = snowflake_account_role.this["TRANSFORMER"].name
  privileges        = ["SELECT"]
  on_schema_object {
    future {
      object_type_plural = "EXTERNAL TABLES"
      in_schema          = each.value.fully_qualified_name
    }
  }
}
