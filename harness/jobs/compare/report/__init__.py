"""The reports of a comparison, for the terminal, in Markdown, and for other programs."""
