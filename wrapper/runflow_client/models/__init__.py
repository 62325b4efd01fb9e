"""The objects that callers receive and pass: evaluations, assets, callback secrets, images."""
