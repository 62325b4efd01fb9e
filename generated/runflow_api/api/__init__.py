"""The operations of the contract: a folder a tag, a module an operation."""
