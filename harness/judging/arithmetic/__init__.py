"""Recognise known arithmetic in the numbers of a file: narrow formats, clips and epsilons."""
