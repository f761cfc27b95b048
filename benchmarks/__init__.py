"""Benchmarks: what the usage store and the evaluator cost, as ratios to floors measured in the same run."""
