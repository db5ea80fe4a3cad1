"""The side of the sandbox that runs in the worker process, beside the untrusted code."""
