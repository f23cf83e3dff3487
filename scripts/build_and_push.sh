#!/usr/bin/env bash
# Builds the stages' images, looks whether they start, pushes them to ECR and pins their digests for Terraform:
# `ENV=dev scripts/build_and_push.sh`. A commit's images are pushed once; then only the digests are looked up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

stages=(extractor transformer reporter) # those of infra/aws

main() {
  need docker "build and push images"
  need git "name the images by their commit"
  find_account
  [ -z "$(git status --porcelain)" ] ||
    refuse 64 "There are changes that are not committed, and an image is named by its commit. Nothing was pushed."
  tag=$(git rev-parse HEAD)
  registry=$TF_VAR_account_id.dkr.ecr.$AWS_REGION.amazonaws.com
  make --silent images
  for stage in "${stages[@]}"; do look_at "$stage"; done
  aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null
  local stage digest pinned=
  for stage in "${stages[@]}"; do
    digest=$(push "$stage") || exit
    pinned+="${pinned:+, }\"$stage\": \"$digest\""
  done
  pin "$pinned"
}

look_at() { # stage
  local machine
  machine=$(docker image inspect --format '{{.Architecture}}' "game-market/$1:local")
  [ "$machine" = amd64 ] || refuse 64 "The image of the $1 is for $machine, and Fargate's tasks here run on amd64: build it there. Nothing was pushed."
  docker run --rm "game-market/$1:local" --help >/dev/null || refuse 70 "The image of the $1 does not start. Nothing was pushed."
}

push() { # stage; prints its digest
  local repository=game-market-$ENV/$1 digest
  digest=$(find_digest "$repository")
  if [ -z "$digest" ]; then
    docker tag "game-market/$1:local" "$registry/$repository:$tag"
    docker push --quiet "$registry/$repository:$tag" >&2
    digest=$(find_digest "$repository")
  fi
  [ -n "$digest" ] || refuse 69 "ECR has no image $repository:$tag after the push. Run again."
  echo "$digest"
}

find_digest() { # repository; empty where the tag is not there
  aws ecr describe-images --repository-name "$1" --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].imageDigest' --output text 2>/dev/null || true
}

# In one step: a file that is half written would be refused by Terraform, and one that is missing is no image.
pin() { # "<stage>": "<digest>", ...
  local file=infra/aws/environments/$ENV.images.tfvars.json
  printf '{"image_digests": {%s}}\n' "$1" >"$file.new"
  mv "$file.new" "$file"
  say "$file names the images of $tag. Next: ENV=$ENV scripts/deploy_infra.sh apply"
}

main "$@"
