"""What only all files together show: names, kinds, circles, cases."""
