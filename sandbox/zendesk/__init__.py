"""Stands in for Zendesk."""
