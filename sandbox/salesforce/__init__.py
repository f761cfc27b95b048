"""Stands in for Salesforce."""
