"""Evaluations, from submit to their end, and their prices."""
