"""From an event that is pushed to the message in Slack."""
