"""The command `mistakes`: the catalogue on every case, beside the usual checks."""
