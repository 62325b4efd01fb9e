"""Routes and validates requests by the rules of openapi.json."""
