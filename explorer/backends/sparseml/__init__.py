"""SparseML: recipes, and which weights they zero, planned without the library."""
