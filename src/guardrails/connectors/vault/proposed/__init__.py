"""What a change that somebody proposes would make of namespaces: the same facts that the connector would observe after it. Pure, no SDK."""
