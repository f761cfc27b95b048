"""Measures of many moments at once: what triggers would have been answered on each day of a stretch of history."""
