"""Stands in for the workflows of Microsoft Teams."""
