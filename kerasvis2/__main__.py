"""`python -m kerasvis2` is the same as `kerasvis2`."""

import sys

from kerasvis2.cli import main

sys.exit(main())
