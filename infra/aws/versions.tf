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
