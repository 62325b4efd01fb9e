"""What every flow uses: its steps, settings and arguments, retries, and the reading of responses."""
