"""Worlds: the organization, accounts, principals, resources and policies, read from files."""
