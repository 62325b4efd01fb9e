"""The command line: `python -m runflow_client`."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
