"""What changed between two versions of the contract, rated, and put into words."""
