"""Audio in any form → 16 kHz mono: recognised by content, decoded in a process with limits."""
