"""Runs many flows at once: which step comes next, and two loops that perform steps, one of threads, one of tasks."""
