"""Who keeps the key that files are sealed under: a file, Vault or OpenBao, AWS KMS, or whoever has an age identity.

One module for each. `choice` reads from the host file which they are; nothing is contacted before a file is sealed or opened.
"""
