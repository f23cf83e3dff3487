#!/usr/bin/env bash
# Builds the stages' images, looks whether they start, pushes them to ECR and writes their digests down for the next
# apply: `ENV=dev scripts/build_and_push.sh`. STAGES names those that are to be others (all); the rest stays what runs.
# A commit's images are built and pushed once; then only the digests are looked up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

main() {
  local stage digests=()
  need docker "build and push images"
  need git "name the images by their commit"
  find_account
  [ -z "$(git status --porcelain)" ] ||
    refuse 64 "There are changes that are not committed, and an image is named by its commit. Nothing was pushed."
  tag=$(git rev-parse HEAD)
  registry=$TF_VAR_account_id.dkr.ecr.$AWS_REGION.amazonaws.com
  read_machine
  push_missing
  for stage in $(cloud_stages); do
    if wanted "$stage"; then find_pushed "$stage"; else find_running "$stage"; fi
    [ -n "$digest" ] || refuse 69 "There is no image of the $stage: it is not in ECR as game-market-$ENV/$stage:$tag after the push, or nothing runs yet and STAGES (${STAGES:-all}) does not name it. Run again."
    digests+=("$stage=$digest")
  done
  write_digests "$(images_file)" "${digests[@]}"
  say "$(images_file) names the images of $tag. Next: ENV=$ENV scripts/deploy_infra.sh apply"
}

wanted() { # stage
  case " ${STAGES:-$(cloud_stages)} " in *" $1 "*) ;; *) return 1 ;; esac
}

# All are built and looked at before the first is pushed.
push_missing() {
  local stage missing=()
  for stage in $(cloud_stages); do
    wanted "$stage" || continue
    find_pushed "$stage"
    [ -n "$digest" ] || missing+=("$stage")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  make --silent images IMAGES="${missing[*]}"
  for stage in "${missing[@]}"; do look_at "$stage"; done
  aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null
  for stage in "${missing[@]}"; do
    docker tag "game-market/$stage:local" "$registry/game-market-$ENV/$stage:$tag"
    docker push --quiet "$registry/game-market-$ENV/$stage:$tag" >&2
  done
}

look_at() { # stage
  local machine
  machine=$(docker image inspect --format '{{.Architecture}}' "game-market/$1:local")
  [ "$machine" = amd64 ] || refuse 64 "The image of the $1 is for $machine, and Fargate's tasks here run on amd64: build it there. Nothing was pushed."
  docker run --rm "game-market/$1:local" --help >/dev/null || refuse 70 "The image of the $1 does not start. Nothing was pushed."
}

# Sets `digest` to this commit's image in ECR; empty where it is not there.
find_pushed() { # stage
  digest=
  ! has "the image game-market-$ENV/$1:$tag" ecr describe-images --repository-name "game-market-$ENV/$1" \
    --image-ids "imageTag=$tag" --query 'imageDetails[0].imageDigest' --output text || digest=$answer
}

main "$@"
