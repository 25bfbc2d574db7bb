"""What a network is made of: layers, shapes, counts, couplings, and copies with channels cut out."""
