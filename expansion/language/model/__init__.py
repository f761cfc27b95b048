"""What may be written: the models of every YAML file, their values, and what is wrong with one."""
