"""What was pushed: the journal that it is written to before an answer, and how a run brings it in."""
