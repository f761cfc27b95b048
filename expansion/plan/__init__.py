"""Two definitions compared: what changes, and for whom."""
