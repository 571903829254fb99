"""Documents in every format: one module a format, none of which knows a question."""
