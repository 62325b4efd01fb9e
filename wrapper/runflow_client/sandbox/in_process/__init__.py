"""The sandbox inside the process: its virtual clock and the transports of its clients."""
