"""Turns a firing and its playbook into the steps that the ledger holds."""
