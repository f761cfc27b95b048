"""Where it lies: events in segments with their rollups, facts in batches, one manifest that says what is there."""
