"""Many evaluations at once: `evaluate_many`, its outcomes and totals, its pace and its budget."""
