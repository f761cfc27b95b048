"""The `expansion` command."""
