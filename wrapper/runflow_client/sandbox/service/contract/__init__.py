"""The rules of openapi.json that requests are checked against."""
