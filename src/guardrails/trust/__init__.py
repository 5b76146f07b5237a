"""What people have signed: OpenSSH signatures, the roster of who may sign, and the records that stand behind claims.

The pure parts (`sshsig`, `roster`, `succession`, `records`) take bytes and a day and return values. `decisions`, `chain` and `sign`
are the thin shells that touch files and `ssh-keygen`. Nothing here knows what a declaration or a finding is: a record covers
subjects by digest, and the caller says which digest a subject has today.
"""
