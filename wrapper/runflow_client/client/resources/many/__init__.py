"""`client.evaluations.evaluate_many`, which has arguments and a result of its own."""
