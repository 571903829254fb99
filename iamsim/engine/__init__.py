"""The decision: callers, context, layers, ways in. Pure: no files, no clock, no randomness."""
