"""What every system is made of: declared, connected, asked and read in one way."""
