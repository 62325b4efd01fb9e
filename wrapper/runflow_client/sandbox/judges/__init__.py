"""Judges an image by what can be measured on it."""
