"""The pages of a class: one for each student, and one for the teacher. Each is one file that loads nothing."""
