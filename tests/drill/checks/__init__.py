"""What must be true when all is quiet. Each check is a function from the facts to what contradicts it."""
