"""What is read of a file at most. Each bound is said where it is met, with what to do."""

from __future__ import annotations

BLOCK = 4 << 20  # bytes of text parsed at a time
LONGEST_ROW = 16 << 20  # what DuckDB takes of a JSON text, too; a file without line ends would fill the memory
TOGETHER = 64 << 20  # bytes of files that are read as one
MOST_TOGETHER = 5_000  # files that are read as one
MOST_FILES = 100_000  # files of one import: a pattern that names more names the wrong folder
SAMPLED = 1 << 20  # bytes looked at to know how a text file is laid out
SAMPLED_ROWS = 500

# A file may unpack to FREELY bytes whatever its packed size, and beyond to SWELLS times that: text of events packs 5 to
# 40 times, a bomb a thousand times.
FREELY = 2 << 30
SWELLS = 200
