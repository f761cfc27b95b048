"""Stands in for Slack."""
