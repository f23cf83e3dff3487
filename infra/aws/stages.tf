# The stages as tasks. What each may do with the lake is a line here.

locals {
  lake_of = {
    extractor = {
      reads   = ["inflight", "ledger", "manifests", "raw", "sources"]
      writes  = concat(local.tried, ["inflight", "ledger", "manifests", "raw", "sources"])
      deletes = ["inflight"]
    }
    transformer = {
      reads   = ["manifests", "marts", "raw"]
      writes  = concat(local.tried, ["marts"])
      deletes = ["marts"]
    }
    reporter = {
      reads   = ["marts"]
      writes  = concat(local.tried, ["marts"])
      deletes = []
    }
  }
  tried = [".put_if_absent"] # what a process tries the store with before it puts anything

  # DuckDB goes to disk beyond it. dbt and what DuckDB does not count take as much again at most (benchmarks_warehouse.md).
  duckdb = { DUCKDB_MEMORY_LIMIT = "${floor(var.sizes["transformer"].memory / 2)}MiB" }

  snowflake_prefix = var.environment == "prod" ? "" : "DEV_" # as infra/snowflake names things

  environment_of = {
    extractor = var.source_urls
    reporter  = {}
    transformer = var.warehouse == "duckdb" ? local.duckdb : {
      SNOWFLAKE_ACCOUNT                    = var.snowflake.account
      SNOWFLAKE_USER                       = coalesce(var.snowflake.user, "${local.snowflake_prefix}GAME_MARKET_TRANSFORMER")
      SNOWFLAKE_ROLE                       = coalesce(var.snowflake.role, "${local.snowflake_prefix}TRANSFORMER")
      SNOWFLAKE_WAREHOUSE                  = coalesce(var.snowflake.warehouse, "${local.snowflake_prefix}GAME_MARKET")
      SNOWFLAKE_DATABASE                   = coalesce(var.snowflake.database, "${local.snowflake_prefix}GAME_MARKET")
      SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER = "AWS"
    }
  }

  secrets_of = {
    extractor = {
      for name, source in local.listing.sources : source.key_variable => {
        arn  = aws_secretsmanager_secret.source_key[name].arn
        name = local.secret_names[name]
      }
    }
    transformer = {}
    reporter    = {}
  }

  # The longest that one try may take: a day of details at the API's pace is 10 minutes, a build of years an hour.
  timeout_seconds_of = { extractor = 4 * 3600, transformer = 3 * 3600, reporter = 1800 }

  stage_names = { for stage in local.stages : stage => stage if length(var.image_digests) > 0 }
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights are paid for by the metric; what a run took stands in its history and its manifests
  name = local.prefix
}

module "stage" {
  source   = "../modules/stage"
  for_each = local.stage_names

  name                 = each.key
  prefix               = local.prefix
  permissions_boundary = local.boundary
  image                = "${var.account_id}.dkr.ecr.${var.region}.amazonaws.com/${local.prefix}/${each.key}@${data.aws_ecr_image.this[each.key].image_digest}"
  size                 = var.sizes[each.key]
  environment = merge(local.environment_of[each.key], {
    DATA_LAKE_BUCKET   = module.lake.name
    AWS_DEFAULT_REGION = var.region
  })
  secrets            = local.secrets_of[each.key]
  lake               = merge(local.lake_of[each.key], { arn = "arn:${data.aws_partition.current.partition}:s3:::${local.prefix}-lake-${var.account_id}" })
  log_retention_days = var.log_retention_days
  cluster = {
    arn             = aws_ecs_cluster.this.arn
    subnets         = aws_subnet.public[*].id
    security_groups = [aws_security_group.stages.id]
  }
  run = {
    timeout_seconds    = local.timeout_seconds_of[each.key]
    attempts           = var.attempts
    first_wait_seconds = var.first_wait_seconds
    notices            = aws_sns_topic.notices.arn
  }
}

data "aws_partition" "current" {}
