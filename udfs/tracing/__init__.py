"""Which documents hold a phrase: fingerprints of texts, and what a text shares with a phrase or an answer."""
