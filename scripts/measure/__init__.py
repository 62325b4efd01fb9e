"""Measurements: speed, memory, deadlines and polling."""
