"""Who is who: former ids, merges and splits, and whose people they are, as of any moment."""
