"""Days, weeks and working hours as people's calendars have them."""
