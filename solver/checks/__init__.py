"""The checker's laws and stages, computed anew from the instance alone, in plain integers."""
