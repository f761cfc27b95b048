"""Decides which accounts are ready to buy more. No network, no Prefect, no clock of its own."""
