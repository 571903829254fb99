"""Pictures: one decision, the organization, chains of roles, and graphs of who reaches what.

Decisions, organizations and chains are laid out here and written as SVG without any program;
graphs, and every PNG, are laid out by Graphviz (`iamsim.draw.layout`). All exist as DOT text, too.
"""
