"""The long searches: mutation testing and fuzzing."""
