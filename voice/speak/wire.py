"""What the speaking process and its parent say to each other: `SAY` and a sentence in UTF-8; `SAID` and its sound."""

import struct

SAY = struct.Struct("!II")
"""Words a minute (espeak's measure), bytes of text."""
SAID = struct.Struct("!iI")
"""0 or the library's error, bytes of sound: 16-bit little-endian mono at `RATE`."""
RATE = 22_050
