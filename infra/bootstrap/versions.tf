terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
  # No backend: it makes the bucket that the others keep their state in. scripts/deploy_infra.sh keeps this root's own
  # state there, too.
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { project = "game-market" }
  }
}
