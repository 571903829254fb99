"""What people give: each file and text is recognised by its content, and put at its place."""
