"""The loop that does what is due, on any number of machines against one database."""
