"""Lines of GPIO chips: names, claims, groups and inputs."""
