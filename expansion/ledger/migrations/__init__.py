"""How a ledger's tables came to be, one file per change; `expansion.ledger.migrate` runs them."""
