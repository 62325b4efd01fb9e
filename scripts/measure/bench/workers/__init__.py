"""What runs in the environments of the contenders; nothing here imports a package of this project but as a contender."""
