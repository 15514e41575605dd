"""From the lines of a page to what people read: order, text, Markdown. Geometry only, no I/O."""
