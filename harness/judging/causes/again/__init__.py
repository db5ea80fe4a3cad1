"""Run an implementation again after its outcomes are final: on fresh cases, and on changed inputs."""
