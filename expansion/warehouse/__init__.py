"""Where the data outgrow a machine: the rollup query goes to the warehouse with the events, and rollups come back."""
