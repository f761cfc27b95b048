"""What receiving costs: `expansion serve` beside a bare server that only writes the same bytes down."""
