"""Files that trainers read."""
