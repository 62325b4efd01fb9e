"""The stand-in for the service: it answers requests."""
