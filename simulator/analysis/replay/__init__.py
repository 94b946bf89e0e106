"""Tell one trial deal by deal, rebuilt from the seed alone, and what made it better or worse than others."""
