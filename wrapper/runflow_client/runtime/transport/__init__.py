"""Sends one request and reads its response, within a deadline."""
