"""Stands in for Amplitude."""
