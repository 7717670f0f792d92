"""What people type: the table of commands and its handlers. Platform-neutral; reads the store, never the network."""
