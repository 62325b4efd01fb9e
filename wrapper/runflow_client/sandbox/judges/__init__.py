"""Judges an image by its measurements."""
