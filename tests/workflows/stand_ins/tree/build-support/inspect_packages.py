"""Notes the call; that it looks well is for its own test."""

import os
import subprocess
import sys

script = '. "$STAND_INS/note.sh"; note "$@"'
subprocess.run(
    ["bash", "-c", script, "inspect_packages", *sys.argv[1:]], env=os.environ, check=True
)
