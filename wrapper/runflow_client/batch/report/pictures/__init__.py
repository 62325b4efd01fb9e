"""The pictures of a report: the file of each item, and small copies of them."""
