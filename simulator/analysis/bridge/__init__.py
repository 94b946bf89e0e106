"""Why did the forecast change since an earlier run?"""
