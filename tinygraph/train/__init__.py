"""Tables: read from files, prepared as numbers for a net, and answered by it."""
