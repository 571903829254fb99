"""Questions asked of policies: what holds for every value of what is not known, and when."""
