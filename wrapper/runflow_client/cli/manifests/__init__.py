"""What `runflow batch` reads: CSV, JSON Lines, a list of images, or a folder."""
