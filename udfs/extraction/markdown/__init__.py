"""What the readers share: clean-up, tables, wrapped lines, licence frames, plain text."""
