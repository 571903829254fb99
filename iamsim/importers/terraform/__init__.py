"""Terraform plans and states, as facts about a world."""
