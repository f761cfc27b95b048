"""Stands in for Segment."""
