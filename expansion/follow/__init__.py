"""What follows later from a step that is done: it is taken back when the episode ends, and somebody is reminded of it.

Pure: what stands in the ledger and how things stand outside go in, new steps come out.
"""
