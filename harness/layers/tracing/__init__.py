"""Arrays that know their exact value, a bound on the rounding error of right code, and how they were computed."""
