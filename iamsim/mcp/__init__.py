"""A server of the Model Context Protocol for agents (`iamsim mcp`), with the extra `mcp`.

`tools` is the table of tools, `folders` says what may be read, `commands` runs the command behind a
tool in a process that can read nothing else and write nothing, `resources` and `prompts` are what
the protocol calls so, `server` joins them.
"""
