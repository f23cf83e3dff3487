#!/usr/bin/env bash
# Tells people at GitHub what deploy_infra.sh has written into PLAN_FILE of the environment ENV:
#   tell_github.sh plan     a comment of the pull request PULL_REQUEST, which a later plan replaces
#   tell_github.sh summary  in the summary of the workflow's run
#   tell_github.sh drift    an issue while something differs: one, and closed when nothing does any more
# The first and the last call gh, which wants GH_TOKEN.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

longest=60000 # bytes; GitHub takes 65,536 characters

main() {
  [ -e "$PLAN_FILE" ] || refuse 69 "There is no $PLAN_FILE: the step that compares has failed. Nobody was told anything else."
  title="Drift: $ENV is not what infra/ says"
  marker="<!-- plan of $ENV -->"
  body=$(mktemp)
  case ${1:-} in
    plan) write_body "What this changes in $ENV" && comment ;;
    summary) write_body "What is applied in $ENV once it is approved" && cat "$body" >>"$GITHUB_STEP_SUMMARY" ;;
    drift) write_body "$title" && keep_issue ;;
    *) refuse 64 "'${1:-}' is not plan, summary or drift." ;;
  esac
}

write_body() { # heading
  {
    printf '%s\n### %s\n\n' "$marker" "$1"
    sed -n 's/^\(Plan: .*\|No changes\..*\)$/**\1**\n/p' "$PLAN_FILE"
    printf '<details><summary>All of it</summary>\n\n```\n'
    head -c "$longest" "$PLAN_FILE"
    [ "$(wc -c <"$PLAN_FILE")" -le "$longest" ] || printf '\n... the rest is in the log of the run'
    printf '\n```\n\n</details>\n\n'
    [ -z "${GITHUB_RUN_ID:-}" ] || printf '[The run](%s/%s/actions/runs/%s), of %s\n' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID" "$GITHUB_SHA"
  } >"$body"
}

comment() {
  local comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments id
  id=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id")
  if [ -n "$id" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/${id%%$'\n'*}" -F "body=@$body" --silent
  else
    gh api --method POST "$comments" -F "body=@$body" --silent
  fi
}

keep_issue() {
  local number
  number=$(gh issue list --state open --search "in:title \"$title\"" --json number,title --jq ".[] | select(.title == \"$title\") | .number")
  number=${number%%$'\n'*}
  if [ ! -s "$PLAN_FILE" ]; then
    [ -z "$number" ] || gh issue close "$number" --comment "Nothing differs any more."
  elif [ -n "$number" ]; then
    gh issue edit "$number" --body-file "$body"
  else
    gh issue create --title "$title" --body-file "$body"
  fi
}

main "$@"
