"""API calls and CloudTrail records: which questions each asks of IAM."""
