"""`python -m earnest.cli`, where the script is not on the path."""

import sys

from earnest.cli.application import main

if __name__ == "__main__":
    sys.exit(main())
