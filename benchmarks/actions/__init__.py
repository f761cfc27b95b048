"""What delivering costs: calls, rates under limits, and our own time per action."""
