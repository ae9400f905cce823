"""Methods that remove flicker from painted shots; one file each."""
