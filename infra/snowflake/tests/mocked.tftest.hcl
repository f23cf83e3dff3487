# With mocked providers: where a plugin folder holds Snowflake's.

mock_provider "snowflake" {}
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment          = "prod"
  account_id           = "123456789012"
  transformer_role_arn = "arn:aws:iam::123456789012:role/game-market-prod-transformer-task"
}

run "each_endpoint_has_its_external_table" {
  command = plan
  assert {
    condition     = length(snowflake_external_table.raw) == length(jsondecode(file("../../config/endpoints.json")).endpoints)
    error_message = "One table an endpoint."
  }
  assert {
    condition     = snowflake_external_table.raw["rawg.games"].schema == "RAWG_LAKE" && snowflake_external_table.raw["rawg.games"].name == "RAW_GAMES"
    error_message = "dbt's sources name it so."
  }
}

run "the_stage_is_where_the_integration_allows_it" {
  command = plan
  assert {
    condition     = toset([for stage in snowflake_stage_external_s3.lake : stage.url]) == toset(snowflake_storage_integration_aws.lake.storage_allowed_locations)
    error_message = "Snowflake refuses a stage outside of its integration."
  }
}

run "two_ways_to_log_in_are_one_too_many" {
  command = plan
  variables {
    transformer_public_key = "MIIB"
  }
  expect_failures = [snowflake_service_user.transformer]
}
