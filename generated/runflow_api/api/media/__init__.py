"""The operations tagged media."""
