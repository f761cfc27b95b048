"""Text that people and machines read: escaped for where it goes, shortened, without secrets."""
