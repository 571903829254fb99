"""Rules that one service has for itself, each as policies or facts that the common flow reads."""
