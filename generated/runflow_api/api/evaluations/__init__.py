"""The operations tagged evaluations."""
