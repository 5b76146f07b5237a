"""Files that nobody reads or changes without the key: a head in clear that says which key, and behind it nothing but AES-256-GCM.

`head` is the first line, `keys` gives each file a data key of its own and finds it again, `segments` seals a file as a whole, `lines` one
that grows line by line. Who keeps the key is told from above, by a `KeyWrapper`.
"""
