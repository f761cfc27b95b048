"""Files as teams have them: what a map says they are, row by row, into the usage store."""
