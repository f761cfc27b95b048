"""What was decided, as values that decide, the ledger and delivery share."""
