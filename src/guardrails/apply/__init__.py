"""From a signed plan to changed systems: one run at a time, every step on the disk before it is taken, and the way back.

`journal` remembers, `lease` keeps others out, `engine` acts, and goes on or back after an interruption. Which systems there are and whether
enough members signed is told from above.
"""
