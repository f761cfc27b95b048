"""What a trigger means: one evaluator for the run, the plan, the explanation and the cases."""
