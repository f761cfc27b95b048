"""Tables of a warehouse that a pull reads into the store: their maps, and how far each was read."""
