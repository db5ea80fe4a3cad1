"""What students have handed in: who, which files, and which of them is to be judged. Nothing of it is run here."""
