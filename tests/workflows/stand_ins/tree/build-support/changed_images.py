"""By folders, where the real one asks Pants: tests/contract/changed_images_test.py is its own test."""

import json
import subprocess
import sys

ALL = ["extractor", "orchestrator", "reporter", "sandbox", "transformer"]
PACKED_BY = {
    "libs/common/": ["extractor", "orchestrator", "reporter", "transformer"],
    "services/extractor/": ["extractor"],
    "analytics/": ["transformer"],
}
told = subprocess.run(
    ["git", "diff", "--name-only", sys.argv[1] or "none", "HEAD"], capture_output=True, text=True
)
changed = [
    image
    for folder, images in PACKED_BY.items()
    for name in told.stdout.splitlines()
    if name.startswith(folder)
    for image in images
]
print(json.dumps(ALL if told.returncode else sorted(set(changed))))
