"""The command line: arguments, input and output, exit codes. Decisions are made elsewhere."""
