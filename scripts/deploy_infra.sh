#!/usr/bin/env bash
# Brings AWS (and Snowflake, where it is configured) to what infra/ says: `ENV=dev scripts/deploy_infra.sh plan|apply`.
# `drift` plans as well, and ends with 2 where something is otherwise than infra/ says. docs/infrastructure.md has the
# variables. It can be stopped and run again: every step looks first at what is there.
#
# For workflows, which have no rights to the first root and nobody to ask: ROOTS="aws snowflake" APPROVED=yes. PLAN_FILE is
# where the plans go as well, of drift only those that hold a change; without the file, something has failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

main() {
  action=${1:-plan}
  case $action in plan | drift | apply) ;; *) refuse 64 "'$action' is not plan, drift or apply." ;; esac
  need terraform "apply infra/"
  need python3 "look at config/endpoints.json"
  check_endpoints
  find_account
  state_bucket=game-market-state-$TF_VAR_account_id
  bootstrap_state=s3://$state_bucket/bootstrap.tfstate
  check_bucket "$state_bucket"
  check_bucket "game-market-$ENV-lake-$TF_VAR_account_id"
  find_images
  export TF_DATA_DIR=.terraform/$ENV # as seen from each root: it remembers which state is whose
  [ -z "${SNOWFLAKE_ORGANIZATION_NAME:-}" ] || check_snowflake
  differs=
  plans=$(mktemp)

  say "== 1 of 4: AWS ($ENV, account $TF_VAR_account_id, $AWS_REGION)"
  case " ${ROOTS:-bootstrap aws snowflake} " in *" bootstrap "*) bootstrap ;; esac
  root aws ${images:+"-var-file=$images"}
  [ "$action" != apply ] || rm -f "$(images_file)" # they run now
  if [ -z "${SNOWFLAKE_ORGANIZATION_NAME:-}" ]; then
    say "== 2, 3, 4 of 4: Snowflake, trust, external tables: skipped, SNOWFLAKE_ORGANIZATION_NAME is not set. Marts are built in DuckDB."
  else
    say "== 2, 3, 4 of 4: Snowflake, trust, external tables"
    [ -n "${TF_VAR_transformer_public_key:-}" ] ||
      export TF_VAR_transformer_role_arn="arn:aws:iam::$TF_VAR_account_id:role/game-market-$ENV-transformer-task"
    root snowflake
  fi
  [ -z "${PLAN_FILE:-}" ] || mv "$plans" "$PLAN_FILE"
  [ -z "$differs" ] || exit 2
}

# What infra/ takes from it; the stages judge the rest.
check_endpoints() {
  local problem
  problem=$(
    python3 - config/endpoints.json <<'PYTHON'
import json, sys

try:
    with open(sys.argv[1]) as file:
        listed = json.load(file)
except ValueError as error:
    sys.exit(print(f"is no JSON ({error})") or 1)
try:
    keys = {name: source["key_variable"] for name, source in listed["sources"].items()}
    read = [(one["source"], one["name"], one["kind"]) for one in listed["endpoints"]]
except (AttributeError, KeyError, TypeError) as error:
    sys.exit(print(f"is no list of endpoints ({type(error).__name__}: {error}; its schema lies beside it)") or 1)
unknown = sorted({source for source, _, _ in read} - keys.keys())
twice = sorted({one[:2] for one in read if [other[:2] for other in read].count(one[:2]) > 1})
if unknown or twice:
    sys.exit(print(f"names sources that it does not have ({unknown}), or endpoints twice ({twice})") or 1)
PYTHON
  ) || refuse 64 "config/endpoints.json $problem. Nothing was changed."
}

# Bucket names belong to all of AWS: one that somebody else has answers 403.
check_bucket() {
  has "the bucket $1" s3api head-bucket --bucket "$1" || true
}

# AWS is changed first, so what Snowflake would refuse after it is asked before it.
check_snowflake() {
  local words=("-chdir=infra/snowflake/privileges")
  { terraform "${words[@]}" init -input=false &&
    terraform "${words[@]}" plan -input=false -compact-warnings "-var-file=../environments/$ENV.tfvars"; } >/dev/null ||
    refuse 77 "Snowflake does not let us in, or not do what infra/snowflake needs, see above: docs/infrastructure.md (In Snowflake) has the statements. Nothing was changed."
}

# Sets `images` to the file with the images' digests: those that were pushed and wait for this apply, else those that run,
# since without any the plan would be to remove the machine. Empty before the first images.
find_images() {
  local stage digests=()
  images=
  if [ -e "$(images_file)" ]; then
    images=$PWD/$(images_file)
    return
  fi
  read_machine
  [ -n "$machine" ] || return 0
  for stage in $(cloud_stages); do
    find_running "$stage"
    [ -n "$digest" ] || refuse 64 "The state machine game-market-$ENV starts no $stage yet: ENV=$ENV scripts/build_and_push.sh pushes its image. Nothing was changed."
    digests+=("$stage=$digest")
  done
  images=$(mktemp -d)/images.tfvars.json
  write_digests "$images" "${digests[@]}"
}

# The root that makes the bucket of states keeps its own there, too: fetched before, put back however it ends.
bootstrap() {
  if has "the state of infra/bootstrap" s3api head-object --bucket "$state_bucket" --key bootstrap.tfstate; then
    aws s3 cp --only-show-errors "$bootstrap_state" infra/bootstrap/terraform.tfstate
  elif [ "$action" != apply ]; then
    say "The state bucket is not there yet: the first apply makes it, and can't be planned without it."
    run_terraform bootstrap init -input=false
    run_terraform bootstrap plan -input=false
    exit 0
  fi
  run_terraform bootstrap init -input=false
  if [ "$action" != apply ]; then
    run_terraform bootstrap plan -input=false
  else
    trap store_bootstrap EXIT
    run_terraform bootstrap apply
    store_bootstrap
  fi
}

store_bootstrap() {
  local file=infra/bootstrap/terraform.tfstate
  trap - EXIT
  [ ! -e $file ] || aws s3 cp --only-show-errors $file "$bootstrap_state" ||
    refuse 69 "The state of infra/bootstrap could not be stored as $bootstrap_state. It lies in $file: copy it there (aws s3 cp) before the next run."
}

root() { # name of the root, a further argument of plan or apply
  local name=$1 words=("-var-file=environments/$ENV.tfvars" ${2:+"$2"})
  run_terraform "$name" init -input=false -reconfigure -backend-config="bucket=$state_bucket" \
    -backend-config="key=$name/$ENV.tfstate" -backend-config="region=$AWS_REGION"
  case $action in
    plan) plan "$name" "${words[@]}" ;;
    drift) plan "$name" -detailed-exitcode "${words[@]}" ;;
    apply)
      [ "${APPROVED:-}" != yes ] || words+=(-input=false -auto-approve) # else it asks
      run_terraform "$name" apply "${words[@]}"
      ;;
  esac
}

plan() { # root, words
  local name=$1 before=$differs
  shift
  run_terraform "$name" plan -input=false -out="$TF_DATA_DIR/plan" "$@"
  if [ "$action" = plan ] || [ "$differs" != "$before" ]; then
    terraform "-chdir=infra/$name" show -no-color "$TF_DATA_DIR/plan" >>"$plans"
  fi
}

run_terraform() { # root, words
  local name=$1 log status=0
  shift
  log=$(mktemp)
  # Errors are shown and kept; what it prints goes its way by 3.
  { terraform "-chdir=infra/$name" "$@" 2>&1 1>&3 | tee -i "$log" >&2; } 3>&1 || status=$?
  case " $* " in *" -detailed-exitcode "*)
    if [ $status -eq 2 ]; then differs+=" $name" status=0; fi ;;
  esac
  if [ $status -ne 0 ] && grep -q 'Error acquiring the state lock' "$log"; then
    say "The state of infra/$name is locked by $(sed -n 's/.*Who: *//p' "$log"), since $(sed -n 's/.*Created: *//p' "$log"). Wait until that ends. If it was killed: TF_DATA_DIR=$TF_DATA_DIR terraform -chdir=infra/$name force-unlock $(sed -n 's/.*ID: *//p' "$log" | head -1)"
    status=69
  fi
  rm -f "$log"
  [ $status -eq 0 ] || refuse "$status" "terraform $1 of infra/$name has failed, see above. What was done is in the state; run it again."
}

main "$@"
