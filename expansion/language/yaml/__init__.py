"""From files to values with their lines; and what YAML itself refuses."""
