"""The only room that opens, writes, renames and removes files."""
