#!/usr/bin/env bash
# Starts the state machine for a range of days: `ENV=prod scripts/start_backfill.sh 2024-01-01 2024-01-31`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cloud_common.sh

# An execution's history holds 25,000 events. A day of ten endpoints takes some 170, and several times that if all of
# them are tried again.
longest=30

main() {
  local days
  need python3 "count days"
  days=$(list_days "${1:-}" "${2:-}") || refuse 64 "$days"
  find_account
  aws stepfunctions start-execution --query executionArn --output text --input "$days" \
    --state-machine-arn "arn:aws:states:$AWS_REGION:$TF_VAR_account_id:stateMachine:game-market-$ENV"
}

list_days() { # first, last; prints the input, or what is wrong
  python3 - "$1" "$2" "$longest" <<'PYTHON'
import json, sys
from datetime import date, timedelta

try:
    first, last = map(date.fromisoformat, sys.argv[1:3])
except ValueError:
    sys.exit(print("Give the first and the last day as YYYY-MM-DD: make prod-backfill FROM=2024-01-01 TO=2024-01-31.") or 1)
count = (last - first).days + 1
if not 1 <= count <= int(sys.argv[3]):
    sys.exit(print(f"{first} to {last} are {count} days: one execution takes 1 to {sys.argv[3]}. Nothing was started.") or 1)
print(json.dumps({"run_dates": [str(first + timedelta(days=n)) for n in range(count)]}))
PYTHON
}

main "$@"
