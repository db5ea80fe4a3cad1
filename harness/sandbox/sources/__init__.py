"""What can be checked: files and commands, what they declare, and the languages that they may be in."""
