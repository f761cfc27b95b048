"""Stands in for a company's mail server, and the mailboxes behind it."""
