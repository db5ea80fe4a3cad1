"""Find out how a file that was not written for the contract is fed and read, and write the adapter for it."""
