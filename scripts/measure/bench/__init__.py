"""`make bench`: this library beside its peers, in one table and one chart."""
