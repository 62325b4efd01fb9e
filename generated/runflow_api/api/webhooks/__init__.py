"""The operations tagged webhooks."""
