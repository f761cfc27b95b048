"""Stands in for HubSpot."""
