"""What a teacher asks for: a TOML file, and what it says as values."""
