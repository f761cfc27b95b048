"""`expansion serve`: takes what systems push, in each sender's dialect, onto disk before it answers."""
