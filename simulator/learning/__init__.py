"""Take figures from history: chances, times, rates and payments, each with its evidence."""
