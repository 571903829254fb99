"""Claims that hold for every request, proved or refuted with a request; and AWS's custom checks."""
