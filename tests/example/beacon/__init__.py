"""Beacon, a customer-success tool that nobody sells: the worked example of CONTRIBUTING, "Adding a system"."""
