"""What an import costs, beside DuckDB's `CREATE TABLE AS` of the same file into a database file."""
