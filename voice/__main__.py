"""`python -m voice`."""

import os
import sys

# Before pypinyin is imported: see voice.hospital.learn_readings.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

from common.errors import SettingsError
from voice.errors import ModelError
from voice.server import main

if __name__ == "__main__":
    try:
        main()
    except (ModelError, SettingsError) as error:
        print(f"menzhen: {error.message}", file=sys.stderr)
        sys.exit(1)
