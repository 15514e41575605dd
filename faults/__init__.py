"""Named points in the way of a document at which a test may end the process."""
