"""Sends one request and reads its response, within a deadline; bounds the requests in flight to one origin."""
