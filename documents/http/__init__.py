"""The doors of this room: dossiers and papers, and what their readers write on them."""
