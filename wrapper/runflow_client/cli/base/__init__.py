"""What the commands have in common: arguments, the client, exit statuses, messages."""
