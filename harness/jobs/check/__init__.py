"""The commands `check` and `new`: is this file right, and if not, what is the mistake?"""
