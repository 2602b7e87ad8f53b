"""Lines of GPIO chips: names, claims, groups, inputs."""
