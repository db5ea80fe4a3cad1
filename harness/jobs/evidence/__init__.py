"""Jobs that try the checker itself: mistakes that are planted, code that is changed, right code on random inputs."""
