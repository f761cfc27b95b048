"""How single values are read and written down: ids, moments, numbers, lists, and the SQL for them."""
