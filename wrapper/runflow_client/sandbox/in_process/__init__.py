"""The sandbox inside the process: its virtual clock, and transports that end in it."""
