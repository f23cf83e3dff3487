# Only an owner can refresh an external table. The owner lends that right, and no other: a procedure that works with
# LOADER's rights, for a table and a run date.

resource "snowflake_procedure_sql" "refresh_pages" {
  for_each    = snowflake_schema.source
  database    = snowflake_database.this.name
  schema      = each.value.name
  name        = "REFRESH_PAGES"
  comment     = "Refreshes an external table of this schema: a run date of it, or all of it where that is null"
  execute_as  = "OWNER"
  return_type = "VARCHAR"

  arguments {
    arg_name      = "TABLE_NAME"
    arg_data_type = "VARCHAR"
  }
  arguments {
    arg_name      = "RUN_DATE"
    arg_data_type = "DATE"
  }

  # The name is all that becomes SQL; Snowflake's regexp_like asks of the whole text.
  procedure_definition = <<-SQL
    declare
      no_table exception (-20001, 'REFRESH_PAGES takes the name of a table of pages, RAW_<ENDPOINT>, without its schema.');
      statement varchar;
    begin
      if (not regexp_like(upper(TABLE_NAME), 'RAW_[A-Z0-9_]+')) then
        raise no_table;
      end if;
      statement := 'alter external table ${each.value.fully_qualified_name}.' || TABLE_NAME || ' refresh';
      if (RUN_DATE is not null) then
        statement := statement || ' ''run_date=' || to_char(RUN_DATE, 'YYYY-MM-DD') || '/''';
      end if;
      execute immediate :statement;
      return statement;
    end
  SQL
}

resource "snowflake_grant_ownership" "refresh_pages" {
  for_each            = snowflake_procedure_sql.refresh_pages
  account_role_name   = snowflake_account_role.this["LOADER"].name
  outbound_privileges = "COPY"
  on {
    object_type = "PROCEDURE"
    object_name = each.value.fully_qualified_name
  }
  depends_on = [snowflake_grant_account_role.to_admin]
}

resource "snowflake_grant_privileges_to_account_role" "refresh_pages" {
  for_each          = snowflake_procedure_sql.refresh_pages
  account_role_name = snowflake_account_role.this["TRANSFORMER"].name
  privileges        = ["USAGE"]
  on_schema_object {
    object_type = "PROCEDURE"
    object_name = each.value.fully_qualified_name
  }
  depends_on = [snowflake_grant_ownership.refresh_pages]
}
