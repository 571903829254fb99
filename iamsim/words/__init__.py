"""What reasons, layers, verdicts and gates are called: the words of reports and of pictures."""
