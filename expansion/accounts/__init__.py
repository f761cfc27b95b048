"""Of an account: who owns it, what it is called, what it is worth."""
