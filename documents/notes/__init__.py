"""What readers write on papers: kept at every stroke, theirs alone, on all their devices, carried
over to newer editions, and shown to whoever advises them if they say so."""
