"""Child processes for risky work: what crashes, hangs or eats memory there costs one call only."""
