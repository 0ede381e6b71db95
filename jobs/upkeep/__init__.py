"""What is done once to a machine or a checkout."""
