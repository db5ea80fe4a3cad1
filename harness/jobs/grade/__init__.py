"""Grade a folder of submissions by an assignment: a mark by parts for each student, and what is wrong in a sentence."""
