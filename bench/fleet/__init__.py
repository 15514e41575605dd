"""How far one system carries: `docr bench fleet`, with nodes that read nothing."""
