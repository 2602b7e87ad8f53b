"""The configuration: the TOML file, read and checked as a whole, with errors in plain sentences."""
