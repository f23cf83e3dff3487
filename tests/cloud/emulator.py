"""`python -m tests.cloud.emulator PORT PLATFORM_FILE`: moto's server as a cloud that runs what Terraform makes.

With `--stock` in place of the file it is moto as it comes, but for its own interpreter of state machines
being on: what moto_patches_test compares with.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path


def main(port: int, platform_file: str) -> None:
    """Serves until it is killed."""
    os.environ["MOTO_PORT"] = str(port)  # its interpreter's own clients go there
    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    default_user_config["stepfunctions"]["execute_state_machine"] = True
    if platform_file != "--stock":
        from tests.cloud.local_tasks import run_tasks_locally
        from tests.cloud.moto_patches import apply_patches

        apply_patches()
        run_tasks_locally(Path(platform_file))
    ThreadedMotoServer("127.0.0.1", port, verbose=False).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
