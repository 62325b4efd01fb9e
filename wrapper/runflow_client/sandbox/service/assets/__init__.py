"""Assets and the object storage that holds their bytes."""
