"""The processes of the sandbox: the server that forks workers, signals, and temporary folders."""
