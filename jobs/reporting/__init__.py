"""What a report says, section by section: counted here, shown by `web/report` and by the flows."""
