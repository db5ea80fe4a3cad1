"""The command `claims`: the articles' questions, answered by experiment."""
