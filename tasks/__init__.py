"""What the Prime Minister assigns, until it is done."""
