"""`python -m voice`."""

import sys

from voice.errors import ModelError
from voice.server import main

if __name__ == "__main__":
    try:
        main()
    except ModelError as error:
        print(f"menzhen: {error.message}", file=sys.stderr)
        sys.exit(1)
