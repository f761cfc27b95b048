"""Claim, send, judge, recover: a step is done once."""
