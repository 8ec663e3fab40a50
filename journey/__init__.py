"""The patient's way through the clinic: durable workflows (book, pay, cancel, change) and the bus of events."""
