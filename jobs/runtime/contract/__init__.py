"""What a stage promises: manifest, fingerprint, accounts, chunks, progress."""
