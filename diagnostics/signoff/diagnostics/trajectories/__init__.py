"""What was tried on a fault and what came of it, kept on this machine where the user wants it: see record.py."""
