"""The still-image networks and their weights: L in, ab out."""
