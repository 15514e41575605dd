"""From an image file, of whatever kind, to pixels on which text can be read."""
