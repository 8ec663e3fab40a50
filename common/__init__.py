"""What every process needs and no room owns: settings, clock, tokens, logs, the error root, the event outbox."""
