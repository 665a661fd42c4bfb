"""`python -m runplan`."""

import sys

from runplan.cli import main

if __name__ == "__main__":
    sys.exit(main())
