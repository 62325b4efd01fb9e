"""Transports: they send requests and read the responses within a deadline, and limit the requests in flight to one origin."""
