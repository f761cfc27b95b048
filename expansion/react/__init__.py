"""One account at once, in the process that hears of its event: the same meaning as everywhere, from rows in memory."""
