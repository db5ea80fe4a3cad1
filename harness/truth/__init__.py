"""What right code gives, and how far rounding may lead it from there."""
