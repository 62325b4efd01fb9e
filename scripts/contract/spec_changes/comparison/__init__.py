"""A walk over two versions of the contract that says what differs, one module for each kind of part."""
