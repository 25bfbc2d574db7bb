"""Having a library carry a plan out on a copy, and measuring what it did."""
