"""Questions asked of the engine about a world as a whole; no decisions of its own."""
