"""Mutation testing and fuzzing."""
