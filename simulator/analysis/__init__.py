"""Questions asked of forecasts, one a module, all on the same luck."""
