"""From texts to token ids: tokeniser files, the engines that read them, and the proof that they agree."""
