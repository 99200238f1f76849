"""``python -m routing``: see :mod:`routing.cli`."""

import sys

from routing.cli import main

if __name__ == "__main__":
    sys.exit(main())
