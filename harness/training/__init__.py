"""Training, followed: how rounding grows from step to step."""
