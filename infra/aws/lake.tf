# The lake: what was read can't be read again, so nothing but old versions, aborted uploads and the checkpoints of
# readings that nobody finished is ever removed by itself.

resource "aws_s3_bucket" "lake" {
  #checkov:skip=CKV_AWS_18:Who reads the lake is in CloudTrail where an account has it; access logs would need a bucket of their own
  #checkov:skip=CKV_AWS_144:A copy in another region doubles the price; docs/infrastructure.md says how to back the lake up
  #checkov:skip=CKV_AWS_145:Encrypted by S3's own key (SSE-S3): public data, and KMS would be paid for by the request
  #checkov:skip=CKV2_AWS_62:Nothing waits for an object: the state machine says when a partition is there
  bucket        = "${local.prefix}-lake-${var.account_id}"
  force_destroy = false # a lake that holds data is removed by hand, on purpose
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket     = aws_s3_bucket.lake.id
  depends_on = [aws_s3_bucket_versioning.lake]

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "aborted-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # An open reading is progress for as long as somebody may go on with it: longer than any interval of endpoints.json.
  rule {
    id     = "forgotten-readings"
    status = "Enabled"
    filter {
      prefix = "inflight/"
    }
    expiration {
      days = 100
    }
  }
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid     = "DenyPlainHttp"
    effect  = "Deny"
    actions = ["s3:*"]
    resources = [
      aws_s3_bucket.lake.arn,
      "${aws_s3_bucket.lake.arn}/*",
    ]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "lake" {
  bucket     = aws_s3_bucket.lake.id
  policy     = data.aws_iam_policy_document.lake.json
  depends_on = [aws_s3_bucket_public_access_block.lake]
}
