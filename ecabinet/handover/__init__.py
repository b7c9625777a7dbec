"""What an office hands on when its holder changes, and what goes with its holder."""
