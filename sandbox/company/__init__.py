"""A made-up SaaS company's history, from a seed: what a team would have in its tables, and what was planted in it."""
