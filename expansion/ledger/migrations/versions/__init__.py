"""One file per change of the tables. A change that has been released is never edited."""
