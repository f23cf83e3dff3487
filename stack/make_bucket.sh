#!/bin/sh
# Run in the store's image at every start, as its root: the lake's bucket, and the user that the stages log in as. It
# reaches this bucket and nothing else; its password is .env's, whatever it was before.
set -eu
export MC_CONFIG_DIR=/tmp/mc MC_HOST_store="http://$STORE_USER:$STORE_PASSWORD@store:9000"
cat >/tmp/policy.json <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::$BUCKET"]},
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      "Resource": ["arn:aws:s3:::$BUCKET/*"]
    }
  ]
}
JSON
mc --quiet mb --ignore-existing "store/$BUCKET"
mc --quiet admin policy create store lake /tmp/policy.json
mc --quiet admin user add store stages "$LAKE_PASSWORD"
mc --quiet admin policy attach store lake --user stages
