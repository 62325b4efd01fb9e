"""Who may send requests: API keys with scopes and organizations, and rate limits."""
