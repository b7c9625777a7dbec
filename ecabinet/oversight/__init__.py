"""What the administrator and the auditor look at: who did what, and who may do what."""
