"""The checks of an audit, a module for what belongs together; its docstring is the page."""
