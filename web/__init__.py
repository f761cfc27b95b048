"""What is asked over HTTP, the doors that systems push to, and pages for people."""
