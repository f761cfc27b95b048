"""One way to measure: rows in memory."""
