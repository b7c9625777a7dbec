"""The doors of this room: meetings themselves, and the votes in their sessions."""
