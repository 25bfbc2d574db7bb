"""The Compare page: runs in, one budget, tables, charts and answers out."""
