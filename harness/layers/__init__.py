"""Layers, losses and optimisers as courses have them: their mathematics, certified truth, and a check of a file.

A layer is one file of `library`: its forward pass, written once, a plain backward pass, its cases, and the mistakes
that people make in it. The exact derivative and the rounding bounds come from the forward pass, in `tracing`.
"""
