"""Learn a company's figures from its own record, each with its evidence (MODEL 8)."""
