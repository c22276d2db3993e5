"""What PyTorch answered, and how its calls are written here."""
