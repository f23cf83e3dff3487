output "transformer" {
  description = "How the transformer reaches this warehouse: the variable `snowflake` of infra/aws, but for the account."
  value = {
    user      = snowflake_service_user.transformer.name
    role      = snowflake_account_role.this["TRANSFORMER"].name
    warehouse = snowflake_warehouse.this.name
    database  = snowflake_database.this.name
  }
}

output "external_tables" {
  description = "The external tables, by <source>.<endpoint>."
  value       = { for name, table in snowflake_external_table.raw : name => "${table.schema}.${table.name}" }
}

output "reporter_role" {
  description = "The role to grant to people and BI tools."
  value       = snowflake_account_role.this["REPORTER"].name
}
