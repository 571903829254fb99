"""Terraform's own language, read without terraform: syntax, modules, values."""
