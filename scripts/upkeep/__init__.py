"""Virtual environments, lock files and checks."""
