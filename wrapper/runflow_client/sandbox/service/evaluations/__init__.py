"""Evaluations, from submit to their end, and what they cost."""
