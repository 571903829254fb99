"""From the files that AWS and other tools write to a world: one module a format."""
