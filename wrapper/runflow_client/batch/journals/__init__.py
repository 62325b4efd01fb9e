"""The journal of a batch: a protocol, and its form as a SQLite file."""
