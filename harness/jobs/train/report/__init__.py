"""The reports on training: for the terminal, in Markdown, and as pictures."""
