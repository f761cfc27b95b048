"""What pulls cost, against downloading and parsing the same bytes."""
