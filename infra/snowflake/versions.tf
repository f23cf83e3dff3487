terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
    snowflake = {
      source  = "snowflakedb/snowflake"
      version = "2.20.0"
    }
  }

  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

# Account, user and key come from SNOWFLAKE_* (the provider's own variables), never from a file of this repository.
provider "snowflake" {
  role = var.admin_role
  preview_features_enabled = [
    "snowflake_external_table_resource", "snowflake_procedure_sql_resource", "snowflake_storage_integration_aws_resource",
  ]
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      project     = "game-market"
      environment = var.environment
    }
  }
}
