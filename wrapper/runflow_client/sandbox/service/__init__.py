"""The simulated service: it handles requests."""
