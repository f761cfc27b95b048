"""What is asked over HTTP: today the doors that systems push to."""
