"""The command `soundness`: right implementations on random networks raise no false alarm."""
