"""The part of the sandbox that runs in a worker process, together with the untrusted code."""
