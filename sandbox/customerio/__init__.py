"""Stands in for Customer.io."""
