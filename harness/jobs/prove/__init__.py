"""The command `prove`: formulations proved equal in exact arithmetic, and wrong ones refuted."""
