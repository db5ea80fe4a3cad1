"""How results are shown: Markdown, figures, progress, files."""
