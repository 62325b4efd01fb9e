"""What commands write of an evaluation: one record, as text, as JSON, or as a line of a results file."""
