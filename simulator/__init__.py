"""A simulated hospital and the platforms around it, which speak the real protocols; nothing imports this room."""
