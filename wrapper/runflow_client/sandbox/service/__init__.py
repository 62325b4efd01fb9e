"""The stand-in that answers requests."""
