"""Decides what to do about the answers: episodes, guard rails, priority."""
