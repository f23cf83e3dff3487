terraform {
  required_version = ">= 1.10" # use_lockfile: the state's lock is an object beside it

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  is_emulated = var.emulator_url != null
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  access_key                  = local.is_emulated ? "emulator" : null
  secret_key                  = local.is_emulated ? "emulator" : null
  skip_credentials_validation = local.is_emulated
  skip_metadata_api_check     = local.is_emulated
  s3_use_path_style           = local.is_emulated
  max_retries                 = local.is_emulated ? 2 : null

  dynamic "endpoints" {
    for_each = local.is_emulated ? [var.emulator_url] : []
    content {
      budgets        = endpoints.value
      cloudwatch     = endpoints.value
      ec2            = endpoints.value
      ecr            = endpoints.value
      ecs            = endpoints.value
      events         = endpoints.value
      iam            = endpoints.value
      logs           = endpoints.value
      s3             = endpoints.value
      scheduler      = endpoints.value
      secretsmanager = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
    }
  }

  default_tags {
    tags = {
      project     = "game-market"
      environment = var.environment
    }
  }
}
