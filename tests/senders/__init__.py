"""What vendors' own libraries send to `expansion serve`, and what is stored of it."""
