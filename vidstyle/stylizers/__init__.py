"""Methods that paint; one file each."""
