"""Remembers what fired and what was done about it, so that everything happens once."""
