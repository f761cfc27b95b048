"""Lines of JSON as events, taken apart in SQL: what Python would read one by one."""
