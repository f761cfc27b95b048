"""Stands in for Pendo."""
