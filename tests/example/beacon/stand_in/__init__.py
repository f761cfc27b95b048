"""Stands in for Beacon."""
