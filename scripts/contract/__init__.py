"""What the contract says, what is wrong with it, and what changed in it."""
