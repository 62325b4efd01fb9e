"""The rules of the journal, over rows that each form of it keeps in its own way."""
