# What follows from config/endpoints.json: the order in which things are read, and the sources' keys.

locals {
  prefix  = "game-market-${var.environment}"
  listing = jsondecode(file(var.endpoints_file))

  # By source: lists first, then the details, whose ids the lists name. One at a time, since a limiter can't be
  # shared over tasks; sources do not wait for each other.
  reading_order = [
    for source in sort(keys(local.listing.sources)) : {
      source = source
      endpoints = concat(
        [for endpoint in local.listing.endpoints : endpoint.name if endpoint.source == source && endpoint.kind != "detail"],
        [for endpoint in local.listing.endpoints : endpoint.name if endpoint.source == source && endpoint.kind == "detail"],
      )
    }
  ]

  secret_names = {
    for name, source in local.listing.sources : name => "${local.prefix}/${lower(replace(source.key_variable, "_", "-"))}"
  }
}

# The value is put by hand or by scripts/deploy_infra.sh, never by Terraform: it would stand in the state.
resource "aws_secretsmanager_secret" "source_key" {
  #checkov:skip=CKV_AWS_149:AWS' own key encrypts it; a key of ours costs 1 USD a month and adds nobody who could be kept out
  #checkov:skip=CKV2_AWS_57:RAWG's keys can't be rotated by a program; docs/infrastructure.md says how by hand
  for_each                = local.listing.sources
  name                    = local.secret_names[each.key]
  description             = "The API key of ${each.key}, as ${each.value.key_variable} of the extractor"
  recovery_window_in_days = var.environment == "prod" ? 7 : 0
}
