"""Socket.IO behind live's port."""
