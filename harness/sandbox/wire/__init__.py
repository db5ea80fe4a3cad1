"""Messages to and from code that is not ours: one JSON object a line, with arrays; see docs/protocol.md."""
