"""`python -m tests.cloud.emulator PORT PLATFORM_FILE [PATCH]`: moto's server, running what Terraform makes.

PATCH is left out: moto_patches_test asks what happens without it.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path


def main(port: int, platform_file: Path, without: str = "") -> None:
    """Serves until it is killed."""
    os.environ["MOTO_PORT"] = str(port)  # its interpreter's own clients go there
    from moto.core.config import default_user_config
    from moto.server import ThreadedMotoServer

    from tests.cloud.local_tasks import run_tasks_locally
    from tests.cloud.moto_patches import apply_patches

    default_user_config["stepfunctions"]["execute_state_machine"] = True
    apply_patches(without)
    run_tasks_locally(platform_file)
    ThreadedMotoServer("127.0.0.1", port, verbose=False).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
