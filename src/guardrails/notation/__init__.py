"""How declarations are written: strict YAML with places, and fields taken apart with every mistake noted.

Below the connectors, because each brings its own part of the language.
"""
