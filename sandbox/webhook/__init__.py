"""Stands in for a receiver of webhooks."""
