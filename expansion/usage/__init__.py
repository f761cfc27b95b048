"""What was used: events and facts with their history, kept so that any past moment can be asked about."""
