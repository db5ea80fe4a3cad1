"""What conventions may be, and what each of them changes."""
