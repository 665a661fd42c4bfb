"""Running training plans: a small tuned Llama proposes, rules verify and repair."""
