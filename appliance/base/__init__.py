"""The foundation of every package: errors, ids, records, and hints about missing libraries."""
