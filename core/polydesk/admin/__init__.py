"""Running the desk: plugins and their health, background work."""
