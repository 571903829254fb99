"""Checks of policy documents, under the codes of IAM Access Analyzer's ValidatePolicy and our own.

`iamsim.checks.validate` runs them; `iamsim.checks.rules` holds one module a check.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
"""
