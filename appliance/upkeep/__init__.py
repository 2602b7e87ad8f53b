"""What is done with the files of a whole station: backup, restore and wipe, with a daemon or without one."""
