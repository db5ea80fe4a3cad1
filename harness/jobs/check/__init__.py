"""The commands `check` and `new`: check a file, name its mistake, and write a skeleton."""
