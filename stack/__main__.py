"""`python -m stack start` and so on, in a checkout."""

import sys

if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit("stack: Python 3.9 or later is needed.")

from stack.cli import main

sys.exit(main())
