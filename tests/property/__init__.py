"""Laws that hold for every generated case, and the strategies that generate them."""
