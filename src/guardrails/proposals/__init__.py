"""From a change of documents that somebody proposes to the world as it would be, and what is new or worse in that. Pure."""
