"""Whether a question can be meant as it stands: asked before, or beside, its answer."""
