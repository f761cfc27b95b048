"""Stands in for Gainsight CS."""
