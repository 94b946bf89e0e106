"""Why a forecast is as wide as it is, what moves it, and what its good years share: one part a module."""
