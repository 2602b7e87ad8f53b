"""What is done with the files of a whole station: backup and restore, with a daemon or without one."""
