"""Play the standard job by other programs, each as fast as its way allows, to measure this one by."""
