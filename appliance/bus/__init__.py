"""The D-Bus interface: names, objects and the connection."""
