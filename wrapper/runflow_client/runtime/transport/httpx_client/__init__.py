"""Sends requests through a caller's own httpx client."""
