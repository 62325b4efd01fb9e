"""`runflow batch` and one run of it."""
