"""Stands in for Heap."""
