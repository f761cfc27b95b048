"""Stands in for Appcues."""
