"""Local stand-ins of the vendors' APIs, with an inbox page to look at."""
