"""Who is told what changed: `notices` says what, `letters` in which words, `delivery` sees to it that it is sent, once at least.

Each way to send has its module. Whatever leaves goes through `doors`: to hosts that the host file names and to no others, at addresses that
were looked at before anything was sent there.
"""
