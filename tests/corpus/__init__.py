"""The malformed corpus: what people's files get wrong, and what must come of each."""
