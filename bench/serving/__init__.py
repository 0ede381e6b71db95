"""How long the pages of the local page take over a large run."""
