#!/usr/bin/env bash
# Prints what HEAD would deploy, as a workflow's output: `ENVIRONMENTS='["dev", "prod"]' scripts/find_deployments.sh` ->
# deployments=[{"environment": "dev", "stages": "extractor"}]. A stage is compared with the commit whose image runs, so what an
# earlier deployment did not bring there is not lost. An environment without a registry is one that is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

main() {
  local found="" names stages environments=${ENVIRONMENTS:-'["dev"]'}
  need python3 "read lists"
  names=$(python3 -c 'import json, sys; print(*json.loads(sys.argv[1]))' "$environments" 2>/dev/null) ||
    refuse 64 "ENVIRONMENTS is '$environments', and not a JSON list such as [\"dev\", \"prod\"]."
  python=$(build-support/find-python 3.12)
  for ENV in $names; do
    find_account
    stages=
    find_stages
    [ -z "$stages" ] || found+=", {\"environment\": \"$ENV\", \"stages\": \"${stages# }\"}"
  done
  echo "deployments=[${found#, }]"
}

# Sets `stages` to those of the environment that HEAD makes others.
find_stages() {
  local stage changed
  if ! has "the registry of $ENV" ecr describe-repositories --repository-names "game-market-$ENV/extractor"; then
    say "$ENV is not there yet, so there is nothing to deploy to: ENV=$ENV scripts/deploy_infra.sh apply makes it."
    return
  fi
  read_machine
  for stage in $(cloud_stages); do
    find_running "$stage"
    find_commit "$stage"
    changed=$("$python" build-support/changed_images.py "$commit")
    case $changed in *"\"$stage\""*) stages+=" $stage" ;; esac
  done
}

# Sets `commit` to the one that the running image was built from; empty where nothing runs.
find_commit() { # stage
  commit=
  [ -n "$digest" ] || return 0
  ! has "the image game-market-$ENV/$1@$digest" ecr describe-images --repository-name "game-market-$ENV/$1" \
    --image-ids "imageDigest=$digest" --query 'imageDetails[0].imageTags[0]' --output text || commit=$answer
  say "$ENV runs the $1 of ${commit:-a commit that nobody knows}"
}

main "$@"
