"""Pure functions on tensors: no files, no state. Each cites the equation it implements."""
