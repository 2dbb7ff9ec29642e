"""Programs beyond the examples: what else people write."""
