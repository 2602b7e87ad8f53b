"""Plain parts that every room builds on: errors, ids, records, and what is missing to install."""
