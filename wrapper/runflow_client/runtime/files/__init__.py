"""Images and other local files, made ready to be sent."""
