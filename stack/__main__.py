"""`python -m stack start` and so on, in a checkout."""

import sys

from stack.cli import main

sys.exit(main())
