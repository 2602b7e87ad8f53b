"""The configuration: what the TOML file may say, read and checked whole, and told in plain sentences."""
