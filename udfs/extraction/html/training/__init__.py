"""How the learned reader's model is trained; nothing of extraction imports it."""
