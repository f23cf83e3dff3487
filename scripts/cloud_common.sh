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

# Those that run in the cloud; infra/aws/registry.tf has the same.
cloud_stages() { echo extractor transformer reporter; }

images_file() { echo "infra/aws/environments/$ENV.images.tfvars.json"; }

# Whether AWS has something; what it says of it is in `answer`. Only its word that there is nothing is a no.
has() { # what, words of a question
  local what=$1 errors said
  shift
  errors=$(mktemp)
  if answer=$(aws "$@" 2>"$errors"); then
    rm -f "$errors"
    return
  fi
  said=$(<"$errors")
  rm -f "$errors"
  case $said in
    *"(404)"* | *StateMachineDoesNotExist* | *RepositoryNotFoundException* | *ImageNotFoundException*) return 1 ;;
    *"(403)"* | *AccessDenied*) refuse 64 "AWS lets nobody here see $what: it is another account's, or these credentials may not. Nothing was changed." ;;
    *) refuse 69 "AWS did not say whether $what is there: ${said##*$'\n'} Run again later. Nothing was changed." ;;
  esac
}

# Sets `machine` to the state machine's definition: the word on what runs. Empty where there is none yet.
read_machine() {
  machine=
  has "the state machine game-market-$ENV" stepfunctions describe-state-machine --query definition --output text \
    --state-machine-arn "arn:aws:states:$AWS_REGION:$TF_VAR_account_id:stateMachine:game-market-$ENV" || return 0
  machine=${answer:-no definition}
}

# Sets `digest` to the image that the machine starts: not that of the newest revision, which a deployment that failed
# can have left behind. Empty where it starts none.
# shellcheck disable=SC2034 # digest: read by whoever sources this
find_running() { # stage
  digest=
  [[ $machine =~ task-definition/(game-market-$ENV-$1:[0-9]+) ]] || return 0
  has "the task definition ${BASH_REMATCH[1]}" ecs describe-task-definition --task-definition "${BASH_REMATCH[1]}" \
    --query 'taskDefinition.containerDefinitions[0].image' --output text ||
    refuse 69 "The machine starts ${BASH_REMATCH[1]}, and ECS has no such revision. Nothing was changed."
  digest=${answer##*@}
}

# In one step: a file that is half written would be refused by Terraform, and one that is missing is no image.
write_digests() { # file, stage=digest ...
  local file=$1 words
  shift
  words=$(printf ', "%s"' "$@")
  printf '{"image_digests": {%s}}\n' "$(sed 's/^, //; s/=/": "/g' <<<"$words")" >"$file.new"
  mv "$file.new" "$file"
}
