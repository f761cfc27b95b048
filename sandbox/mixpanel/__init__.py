"""Stands in for Mixpanel."""
