"""From findings to the changes that end them, what is held back, and what makes a plan too dangerous to apply. Pure.

`document` reads and writes the file that members sign; whether enough of them did is the business of `trust`.
"""
