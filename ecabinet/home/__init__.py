"""Pages over several rooms: the first page, the inbox."""
