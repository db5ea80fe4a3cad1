"""The command `vectors`: files of inputs, true values and bounds, with which code in any language can be tested."""
