"""The doors of this room: consultations and their ballots, and how other opinions are read."""
