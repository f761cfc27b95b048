"""Reading files, whatever their kind, layout and packing, as rows that SQL can read once."""
