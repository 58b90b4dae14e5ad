"""What the API takes and shows of commitments, contacts and what was done to them."""
