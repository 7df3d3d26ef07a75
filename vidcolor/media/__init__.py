"""Reading films, writing films, and what passes from one to the other untouched."""
