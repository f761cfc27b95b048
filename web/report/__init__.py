"""One page that a GTM lead reads in a meeting: it needs nothing beside it, and no script."""
