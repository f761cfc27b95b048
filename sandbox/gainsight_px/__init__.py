"""Stands in for Gainsight PX."""
