"""Why an answer is what it is: each line, its evidence, and what would change it."""
