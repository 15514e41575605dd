"""How much an engine does for a page."""

from typing import Literal

# once: small, whatever doubt is left; twice: what leaves doubt again, larger; large: all at once as
# large as the models can make use of.
Effort = Literal["once", "twice", "large"]
