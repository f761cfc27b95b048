"""What triggers have earned, from what is stored: outcomes, decisions played again, and what they add up to."""
