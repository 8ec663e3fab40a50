"""Understanding of one sentence in plain Python: words, entities, intent, red flags. Knows nothing of Rasa."""
