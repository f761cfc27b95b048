"""Stands in for Intercom."""
