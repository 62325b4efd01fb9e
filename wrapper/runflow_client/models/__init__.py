"""What callers hold and pass: evaluations, assets, callback secrets, images."""
