"""The benchmark: a town of any size, every page that must be quick, and beside each the least it could cost."""
