"""The pages of the worklist."""
