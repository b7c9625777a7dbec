"""What people do with their accounts, logins and keys."""
