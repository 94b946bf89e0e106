"""What it would take to reach an amount, one lever at a time, and what would endanger it."""
