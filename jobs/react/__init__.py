"""Reacting to events as they come in: what a run does for all accounts, done at once for those of the events."""
