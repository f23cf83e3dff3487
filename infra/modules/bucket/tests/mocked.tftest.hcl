# With a mocked provider: what any bucket of ours is.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name         = "a-bucket"
  old_versions = { days = 30 }
  expiry_days  = { "inflight/" = 100 }
}

run "what_is_replaced_or_deleted_can_be_had_back" {
  command = plan
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && !aws_s3_bucket.this.force_destroy
    error_message = "Versions are kept, and a bucket that holds anything is not destroyed."
  }
}

run "it_is_not_for_the_public" {
  command = plan
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nothing of it is public."
  }
}

run "nothing_is_removed_by_its_age_that_no_rule_names" {
  command = plan
  assert {
    condition     = sort([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id]) == tolist(["aborted-uploads", "expire-inflight", "old-versions"])
    error_message = "Old versions, aborted uploads, and what was asked for."
  }
  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : "${rule.filter[0].prefix} ${rule.expiration[0].days}" if rule.id == "expire-inflight"
    ] == ["inflight/ 100"]
    error_message = "One prefix, and no other."
  }
}
