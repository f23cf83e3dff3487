# How Snowflake reads the lake. Each side wants to know the other first; so the role's ARN is put together from its
# name, the external id is ours, the integration is made, and the role trusts what the integration says of itself.

resource "snowflake_storage_integration_aws" "lake" {
  name                      = "${local.database}_LAKE"
  enabled                   = true
  storage_provider          = "S3"
  storage_allowed_locations = ["s3://${local.bucket}/raw/"]
  storage_aws_role_arn      = local.reader_arn
  storage_aws_external_id   = local.external_id
}

data "aws_iam_policy_document" "reader_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [snowflake_storage_integration_aws.lake.describe_output[0].iam_user_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [local.external_id]
    }
  }
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "ReadParts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:aws:s3:::${local.bucket}/raw/*"]
  }
  statement {
    sid       = "ListParts"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = ["arn:aws:s3:::${local.bucket}"]
  }
}

resource "aws_iam_role" "reader" {
  name                 = local.reader
  description          = "Snowflake reads the lake's parts with it"
  assume_role_policy   = data.aws_iam_policy_document.reader_trust.json
  permissions_boundary = "arn:aws:iam::${var.account_id}:policy/game-market-boundary" # of infra/bootstrap

  lifecycle {
    postcondition {
      condition     = self.arn == local.reader_arn
      error_message = "The role came out under another ARN than the integration names: is account_id right?"
    }
  }
}

resource "aws_iam_role_policy" "reader" {
  name   = "read-the-lake"
  role   = aws_iam_role.reader.id
  policy = data.aws_iam_policy_document.reader.json
}

resource "snowflake_grant_privileges_to_account_role" "integration" {
  account_role_name = snowflake_account_role.this["LOADER"].name
  privileges        = ["USAGE"]
  on_account_object {
    object_type = "INTEGRATION"
    object_name = snowflake_storage_integration_aws.lake.name
  }
}

resource "snowflake_stage_external_s3" "lake" {
  for_each            = snowflake_schema.source
  database            = snowflake_database.this.name
  schema              = each.value.name
  name                = "LAKE"
  url                 = "s3://${local.bucket}/raw/" # no wider than the integration allows
  storage_integration = snowflake_storage_integration_aws.lake.name
}

resource "snowflake_grant_privileges_to_account_role" "stage" {
  for_each          = snowflake_stage_external_s3.lake
  account_role_name = snowflake_account_role.this["LOADER"].name
  privileges        = ["USAGE"]
  on_schema_object {
    object_type = "STAGE"
    object_name = each.value.fully_qualified_name
  }
}

resource "snowflake_file_format_json" "pages" {
  for_each          = snowflake_schema.source
  database          = snowflake_database.this.name
  schema            = each.value.name
  name              = "PAGES"
  compression       = "ZSTD"
  strip_outer_array = "false" # a page is a row, also where it is an array
}

resource "snowflake_grant_privileges_to_account_role" "file_format" {
  for_each          = snowflake_file_format_json.pages
  account_role_name = snowflake_account_role.this["LOADER"].name
  privileges        = ["USAGE"]
  on_schema_object {
    object_type = "FILE FORMAT"
    object_name = each.value.fully_qualified_name
  }
}
