"""What the tests let a child do."""
