"""What the product can do, one function each over a place. No Prefect, no command line."""
