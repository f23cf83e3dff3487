# What scripts/deploy_infra.sh plans before it changes anything: whether Snowflake lets us in as the role that infra/snowflake
# works as, and whether that role may do what it will be asked to. It makes nothing and has no state.

terraform {
  required_version = ">= 1.10"

  required_providers {
    snowflake = {
      source  = "snowflakedb/snowflake"
      version = "2.20.0"
    }
  }
}

provider "snowflake" {
  role = var.admin_role
}

variable "admin_role" {
  description = "As in infra/snowflake."
  type        = string
  default     = "GAME_MARKET_ADMIN"
}

data "snowflake_grants" "admin" {
  grants_to {
    account_role = var.admin_role
  }
}

locals {
  grants = data.snowflake_grants.admin.grants
  needed = ["CREATE DATABASE", "CREATE INTEGRATION", "CREATE ROLE", "CREATE USER", "CREATE WAREHOUSE", "MANAGE GRANTS"]
  held   = [for grant in local.grants : grant.privilege if grant.granted_on == "ACCOUNT"]
  # What a role has from another one (as ACCOUNTADMIN has from SYSADMIN) is not in its own list: then it may have all.
  inherits = anytrue([for grant in local.grants : grant.granted_on == "ROLE"])
  missing  = local.inherits ? [] : sort(setsubtract(local.needed, local.held))
}

output "missing" {
  description = "The privileges on the account that the role lacks: none, or the plan fails."
  value       = local.missing

  precondition {
    condition     = length(local.missing) == 0
    error_message = "The role ${var.admin_role} lacks ${join(", ", local.missing)} on the account."
  }
}
