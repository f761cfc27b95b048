"""Proposing a map by looking at a table; ready maps for the tables that connectors write."""
