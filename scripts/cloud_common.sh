# Read by the other scripts, not run: who we are at AWS, and one sentence when something is missing.
# shellcheck shell=bash

say() { echo "$*" >&2; }

refuse() { # exit code, sentence
  say "${0##*/}: $2"
  exit "$1"
}

need() { # a program, and what it is for
  command -v "$1" >/dev/null || refuse 64 "$1 is not on PATH; it is needed to $2. Nothing was changed."
}

# Sets ENV, AWS_REGION and TF_VAR_account_id, or ends before anything is changed.
find_account() {
  ENV=${ENV:-dev}
  case $ENV in dev | prod) ;; *) refuse 64 "ENV is '$ENV': it is dev or prod." ;; esac
  export AWS_REGION=${TF_VAR_region:-${AWS_REGION:-eu-central-1}}
  export TF_VAR_region=$AWS_REGION
  need aws "ask AWS who we are"
  local found
  found=$(aws sts get-caller-identity --query Account --output text 2>&1) ||
    refuse 77 "AWS does not know us (${found##*$'\n'}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its companions. Nothing was changed."
  if [ "${TF_VAR_account_id:-$found}" != "$found" ]; then
    refuse 77 "These are credentials of the account $found, and TF_VAR_account_id says $TF_VAR_account_id. Nothing was changed."
  fi
  export TF_VAR_account_id=$found
}
