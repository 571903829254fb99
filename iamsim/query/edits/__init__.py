"""What would change an answer: the smallest edits, each tried on a copy before it is named."""
