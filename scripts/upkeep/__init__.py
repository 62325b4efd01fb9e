"""Environments, lock files and the checks."""
