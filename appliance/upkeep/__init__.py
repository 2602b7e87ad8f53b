"""Backup, restore and wipe of all files of a station, with a running daemon or without one."""
