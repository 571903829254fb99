"""HCL, the language of Terraform: its text as a tree with places."""
