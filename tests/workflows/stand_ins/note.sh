# Read by the stand-ins: notes the call of $0 with its words, and which keys it could see.
# shellcheck shell=bash
note() {
  "$PYTHON" -I -S - "$(basename "$0")" "$@" <<'PYTHON' >>"$CALLS"
import json, os, sys

keys = {"GH_TOKEN", "GITHUB_TOKEN", "SNOWFLAKE_PRIVATE_KEY"}
sees = sorted(key for key in keys if os.environ.get(key))
role = os.environ.get("AWS_ACCESS_KEY_ID", "")
print(json.dumps({"program": sys.argv[1], "words": sys.argv[2:], "role": role, "sees": sees}))
PYTHON
}
