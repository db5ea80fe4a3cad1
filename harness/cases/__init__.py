"""The networks and data on which every implementation is tried."""
