"""Callbacks: their secrets, their signatures, and when each is due."""
