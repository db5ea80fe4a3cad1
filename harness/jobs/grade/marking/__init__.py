"""From the result of a check to a mark by parts."""
